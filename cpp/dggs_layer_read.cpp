/* What a layer reads: filters, and batches of features. See dggs_layer.h. */
#include "dggs_layer.h"

#include "ogr_swq.h"

#include <limits>

/************************************************************************/
/*                            AddZoneTexts()                            */
/************************************************************************/

/** Whether an expression only holds for zones that it names: `zone_id = 'a'`,
 * `zone_id IN ('a', 'b')`, or one of these AND anything. Their texts are added
 * to the list. */
bool DGGSLayer::AddZoneTexts(const swq_expr_node *poExpr,
                             std::vector<std::string> &aosTexts)
{
    if (poExpr->eNodeType != SNT_OPERATION)
        return false;
    const auto IsZoneId = [](const swq_expr_node *poNode)
    {
        return poNode->eNodeType == SNT_COLUMN && poNode->table_index == 0 &&
               poNode->field_index == ZONE_ID_FIELD;
    };
    const auto IsText = [](const swq_expr_node *poNode)
    {
        return poNode->eNodeType == SNT_CONSTANT &&
               poNode->field_type == SWQ_STRING && !poNode->is_null;
    };
    const int nCount = poExpr->nSubExprCount;
    if (poExpr->nOperation == SWQ_AND && nCount == 2)
    {
        return AddZoneTexts(poExpr->papoSubExpr[0], aosTexts) ||
               AddZoneTexts(poExpr->papoSubExpr[1], aosTexts);
    }
    if (poExpr->nOperation == SWQ_EQ && nCount == 2)
    {
        for (int i = 0; i < 2; ++i)
        {
            if (IsZoneId(poExpr->papoSubExpr[i]) &&
                IsText(poExpr->papoSubExpr[1 - i]))
            {
                aosTexts.emplace_back(
                    poExpr->papoSubExpr[1 - i]->string_value);
                return true;
            }
        }
        return false;
    }
    if (poExpr->nOperation != SWQ_IN || nCount < 2 ||
        !IsZoneId(poExpr->papoSubExpr[0]))
        return false;
    for (int i = 1; i < nCount; ++i)
    {
        if (!IsText(poExpr->papoSubExpr[i]))
            return false;
    }
    for (int i = 1; i < nCount; ++i)
        aosTexts.emplace_back(poExpr->papoSubExpr[i]->string_value);
    return true;
}

/************************************************************************/
/*                               Filters                                */
/************************************************************************/

OGRErr DGGSLayer::ISetSpatialFilter(int iGeomField, const OGRGeometry *poGeom)
{
    m_iGeomFieldFilter = iGeomField;
    if (InstallFilter(const_cast<OGRGeometry *>(poGeom)))
        ResetReading();
    return OGRERR_NONE;
}

OGRErr DGGSLayer::SetAttributeFilter(const char *pszFilter)
{
    const OGRErr eErr = OGRLayer::SetAttributeFilter(pszFilter);
    ResetReading();
    return eErr;
}

/************************************************************************/
/*                            ResetReading()                            */
/************************************************************************/

void DGGSLayer::ResetReading()
{
    m_hFeatures.reset();
    m_hBatch.reset();
    m_nRow = 0;
    m_nStart = 0;
    m_bAtEnd = false;
    m_bFailed = false;
}

/************************************************************************/
/*                                Begin()                               */
/************************************************************************/

/** Begins to read: what is not ignored and what the filters look at, or, with
 * `bOnlyFilters`, the latter alone. */
DGGSHandle<DggsFeatures> DGGSLayer::Begin(bool bOnlyFilters, uint64_t nStart)
{
    CPLStringList aosUsed;
    std::vector<std::string> aosTexts;
    bool bNamesZones = false;
    if (m_poAttrQuery != nullptr)
    {
        aosUsed.Assign(m_poAttrQuery->GetUsedFields(), TRUE);
        bNamesZones = AddZoneTexts(
            static_cast<const swq_expr_node *>(m_poAttrQuery->GetSWQExpr()),
            aosTexts);
    }
    const auto IsWanted = [&](int iField)
    {
        auto poDefn = m_poFeatureDefn->GetFieldDefn(iField);
        return (!bOnlyFilters && !poDefn->IsIgnored()) ||
               aosUsed.FindString(poDefn->GetNameRef()) >= 0;
    };
    // std::vector<bool> has no array in it.
    const auto pabFields = std::make_unique<bool[]>(m_psInfo->field_count + 1);
    for (size_t i = 0; i < m_psInfo->field_count; ++i)
        pabFields[i] = IsWanted(ZONE_ID_FIELD + 1 + static_cast<int>(i));

    std::vector<const char *> apszTexts;
    for (const std::string &osText : aosTexts)
        apszTexts.push_back(osText.c_str());
    const DggsStrings sTexts = {apszTexts.data(), apszTexts.size()};
    const DggsExtent sExtent = {false, m_sFilterEnvelope.MinX,
                                m_sFilterEnvelope.MinY, m_sFilterEnvelope.MaxX,
                                m_sFilterEnvelope.MaxY};
    const bool bIsPolygon = m_poFilterGeom != nullptr && !m_bFilterIsEnvelope;
    const std::string osPolygon =
        bIsPolygon ? m_poFilterGeom->exportToWkt() : std::string();

    DggsFeatureRequest sRequest = {};
    sRequest.fields = pabFields.get();
    sRequest.field_count = m_psInfo->field_count;
    sRequest.zone_ids = IsWanted(ZONE_ID_FIELD);
    sRequest.geometry =
        m_poFilterGeom != nullptr ||
        (!bOnlyFilters && !m_poFeatureDefn->IsGeometryIgnored());
    sRequest.extent = m_poFilterGeom != nullptr ? &sExtent : nullptr;
    sRequest.polygon = bIsPolygon ? osPolygon.c_str() : nullptr;
    sRequest.zones = bNamesZones ? &sTexts : nullptr;
    sRequest.start = nStart;
    sRequest.count = std::numeric_limits<uint64_t>::max();
    return DGGSFetch<DggsFeatures>(
        g_psDggsApi->layer_features,
        static_cast<const DggsLayer *>(m_hLayer.get()),
        static_cast<const DggsFeatureRequest *>(&sRequest));
}

/************************************************************************/
/*                              NextBatch()                             */
/************************************************************************/

/** Reads the next batch; false at the end, and after an error. */
bool DGGSLayer::NextBatch(bool bOnlyFilters)
{
    m_hBatch.reset();
    m_nRow = 0;
    if (m_bAtEnd)
        return false;
    if (!m_hFeatures)
        m_hFeatures = Begin(bOnlyFilters, m_nStart);
    DggsFeatureBatch *psBatch = nullptr;
    m_bFailed =
        !m_hFeatures ||
        !DGGSCheck(g_psDggsApi->features_next,
                   static_cast<const DggsFeatures *>(m_hFeatures.get()),
                   &psBatch);
    m_hBatch.reset(m_bFailed ? nullptr : psBatch);
    m_bAtEnd = m_hBatch == nullptr;
    return !m_bAtEnd;
}

/** Whether `m_nRow` is a feature of the batch. */
bool DGGSLayer::HasRow(bool bOnlyFilters)
{
    return (m_hBatch && m_nRow < m_hBatch->count) || NextBatch(bOnlyFilters);
}

/************************************************************************/
/*                           SetNextByIndex()                           */
/************************************************************************/

OGRErr DGGSLayer::SetNextByIndex(GIntBig nIndex)
{
    if (m_poFilterGeom != nullptr || m_poAttrQuery != nullptr ||
        !m_psInfo->is_dense)
        return OGRLayer::SetNextByIndex(nIndex);
    ResetReading();
    if (nIndex < 0 || static_cast<uint64_t>(nIndex) >= m_psInfo->place_count)
    {
        m_bAtEnd = true;
        return OGRERR_FAILURE;
    }
    m_nStart = static_cast<uint64_t>(nIndex);
    return OGRERR_NONE;
}
