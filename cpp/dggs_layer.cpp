/* Zones as features: see dggs_layer.h. */
#include "dggs_layer.h"

#include "ogr_swq.h"

#include <limits>

namespace
{

/** The field of the zones' texts; variables follow. */
constexpr int ZONE_ID_FIELD = 0;

/************************************************************************/
/*                            AddZoneTexts()                            */
/************************************************************************/

/** Whether an expression only holds for zones that it names: `zone_id = 'a'`,
 * `zone_id IN ('a', 'b')`, or one of these AND anything. Their texts are added
 * to the list. */
bool AddZoneTexts(const swq_expr_node *poExpr,
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
/*                              SetType()                               */
/************************************************************************/

void SetType(OGRFieldDefn &oDefn, DggsFieldKind eKind)
{
    switch (eKind)
    {
        case DGGS_FIELD_INT16:
            oDefn.SetType(OFTInteger);
            oDefn.SetSubType(OFSTInt16);
            break;
        case DGGS_FIELD_INT32:
            oDefn.SetType(OFTInteger);
            break;
        case DGGS_FIELD_INT64:
            oDefn.SetType(OFTInteger64);
            break;
        case DGGS_FIELD_FLOAT32:
            oDefn.SetType(OFTReal);
            oDefn.SetSubType(OFSTFloat32);
            break;
        case DGGS_FIELD_FLOAT64:
            oDefn.SetType(OFTReal);
            break;
        case DGGS_FIELD_TEXT:
            oDefn.SetType(OFTString);
            break;
    }
}

/************************************************************************/
/*                               IsNull()                               */
/************************************************************************/

bool IsNull(const DggsColumn &sColumn, size_t nRow)
{
    return sColumn.validity != nullptr &&
           (sColumn.validity[nRow / 8] >> (nRow % 8) & 1) == 0;
}

/** Value `nRow` of a column of numbers. */
template <class T> T Number(const DggsColumn &sColumn, size_t nRow)
{
    return static_cast<const T *>(sColumn.values)[nRow];
}

/** String `nRow` of a column of texts. */
std::string Text(const DggsColumn &sColumn, size_t nRow)
{
    const int32_t nFrom = sColumn.offsets[nRow];
    const auto *pachBytes = static_cast<const char *>(sColumn.values);
    return std::string(pachBytes + nFrom, sColumn.offsets[nRow + 1] - nFrom);
}

/************************************************************************/
/*                              SetField()                              */
/************************************************************************/

void SetField(OGRFeature &oFeature, int iField, DggsFieldKind eKind,
              const DggsColumn &sColumn, size_t nRow)
{
    if (IsNull(sColumn, nRow))
    {
        oFeature.SetFieldNull(iField);
        return;
    }
    switch (eKind)
    {
        case DGGS_FIELD_INT16:
            oFeature.SetField(iField,
                              static_cast<int>(Number<int16_t>(sColumn, nRow)));
            break;
        case DGGS_FIELD_INT32:
            oFeature.SetField(iField,
                              static_cast<int>(Number<int32_t>(sColumn, nRow)));
            break;
        case DGGS_FIELD_INT64:
            oFeature.SetField(
                iField, static_cast<GIntBig>(Number<int64_t>(sColumn, nRow)));
            break;
        case DGGS_FIELD_FLOAT32:
            oFeature.SetField(
                iField, static_cast<double>(Number<float>(sColumn, nRow)));
            break;
        case DGGS_FIELD_FLOAT64:
            oFeature.SetField(iField, Number<double>(sColumn, nRow));
            break;
        case DGGS_FIELD_TEXT:
            oFeature.SetField(iField, Text(sColumn, nRow).c_str());
            break;
    }
}

}  // namespace

/************************************************************************/
/*                              DGGSLayer()                             */
/************************************************************************/

DGGSLayer::DGGSLayer(GDALDataset *poDS, DGGSHandle<DggsLayer> hLayer,
                     const DggsLayerInfo *psInfo)
    : m_poDS(poDS), m_hLayer(std::move(hLayer)), m_psInfo(psInfo)
{
    SetDescription(psInfo->name);
    MakeFeatureDefn();
}

DGGSLayer::~DGGSLayer()
{
    m_poFeatureDefn->Release();
}

/************************************************************************/
/*                               Create()                               */
/************************************************************************/

std::unique_ptr<DGGSLayer> DGGSLayer::Create(GDALDataset *poDS,
                                             DGGSHandle<DggsLayer> hLayer)
{
    const DggsLayerInfo *psInfo = nullptr;
    if (!hLayer ||
        !DGGSCheck(g_psDggsApi->layer_info,
                   static_cast<const DggsLayer *>(hLayer.get()), &psInfo))
        return nullptr;
    return std::unique_ptr<DGGSLayer>(
        new DGGSLayer(poDS, std::move(hLayer), psInfo));
}

/************************************************************************/
/*                           MakeFeatureDefn()                          */
/************************************************************************/

void DGGSLayer::MakeFeatureDefn()
{
    m_poFeatureDefn = new OGRFeatureDefn(m_psInfo->name);
    m_poFeatureDefn->Reference();
    m_poFeatureDefn->SetGeomType(wkbNone);
    if (m_psInfo->geometry != DGGS_GEOMETRY_NONE)
    {
        OGRGeomFieldDefn oGeomField("",
                                    m_psInfo->geometry == DGGS_GEOMETRY_POINT
                                        ? wkbPoint
                                        : wkbMultiPolygon);
        if (m_psInfo->crs[0] != '\0')
        {
            auto poSRS = new OGRSpatialReference();
            poSRS->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
            if (poSRS->importFromWkt(m_psInfo->crs) == OGRERR_NONE)
                oGeomField.SetSpatialRef(poSRS);
            poSRS->Release();
        }
        m_poFeatureDefn->AddGeomFieldDefn(&oGeomField);
    }
    OGRFieldDefn oZoneId("zone_id", OFTString);
    oZoneId.SetNullable(FALSE);
    m_poFeatureDefn->AddFieldDefn(&oZoneId);
    for (size_t i = 0; i < m_psInfo->field_count; ++i)
    {
        const DggsFieldInfo &sField = m_psInfo->fields[i];
        OGRFieldDefn oDefn(sField.name, OFTString);
        SetType(oDefn, sField.kind);
        m_poFeatureDefn->AddFieldDefn(&oDefn);
    }
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
/*                             MakeFeature()                            */
/************************************************************************/

OGRFeatureUniquePtr DGGSLayer::MakeFeature(const DggsFeatureBatch &sBatch,
                                           size_t nRow) const
{
    OGRFeatureUniquePtr poFeature(new OGRFeature(m_poFeatureDefn));
    poFeature->SetFID(sBatch.fids[nRow]);
    if (sBatch.zone_ids.is_given)
    {
        poFeature->SetField(ZONE_ID_FIELD,
                            Text(sBatch.zone_ids, nRow).c_str());
    }
    for (size_t i = 0; i < m_psInfo->field_count; ++i)
    {
        if (sBatch.columns[i].is_given)
        {
            SetField(*poFeature, ZONE_ID_FIELD + 1 + static_cast<int>(i),
                     m_psInfo->fields[i].kind, sBatch.columns[i], nRow);
        }
    }
    if (sBatch.geometries.is_given)
    {
        const DggsColumn &sWkb = sBatch.geometries;
        const int32_t nFrom = sWkb.offsets[nRow];
        OGRGeometry *poGeom = nullptr;
        OGRGeometryFactory::createFromWkb(
            static_cast<const GByte *>(sWkb.values) + nFrom,
            m_poFeatureDefn->GetGeomFieldDefn(0)->GetSpatialRef(), &poGeom,
            sWkb.offsets[nRow + 1] - nFrom);
        poFeature->SetGeometryDirectly(poGeom);
    }
    return poFeature;
}

/************************************************************************/
/*                               Passes()                               */
/************************************************************************/

bool DGGSLayer::Passes(OGRFeature &oFeature)
{
    return (m_poFilterGeom == nullptr ||
            FilterGeometry(oFeature.GetGeometryRef())) &&
           (m_poAttrQuery == nullptr || m_poAttrQuery->Evaluate(&oFeature));
}

/************************************************************************/
/*                           GetNextFeature()                           */
/************************************************************************/

OGRFeature *DGGSLayer::GetNextFeature()
{
    while (HasRow(false))
    {
        auto poFeature = MakeFeature(*m_hBatch, m_nRow++);
        if (Passes(*poFeature))
        {
            if (m_poFeatureDefn->IsGeometryIgnored())
                poFeature->SetGeometryDirectly(nullptr);
            return poFeature.release();
        }
    }
    return nullptr;
}

/************************************************************************/
/*                             GetFeature()                             */
/************************************************************************/

/** NULL for a place without a zone. Filters do not count. */
OGRFeature *DGGSLayer::GetFeature(GIntBig nFID)
{
    if (nFID < 0 || static_cast<uint64_t>(nFID) >= m_psInfo->place_count)
        return nullptr;
    const auto pabFields = std::make_unique<bool[]>(m_psInfo->field_count + 1);
    for (size_t i = 0; i < m_psInfo->field_count; ++i)
    {
        const int iField = ZONE_ID_FIELD + 1 + static_cast<int>(i);
        pabFields[i] = !m_poFeatureDefn->GetFieldDefn(iField)->IsIgnored();
    }
    DggsFeatureRequest sRequest = {};
    sRequest.fields = pabFields.get();
    sRequest.field_count = m_psInfo->field_count;
    sRequest.zone_ids =
        !m_poFeatureDefn->GetFieldDefn(ZONE_ID_FIELD)->IsIgnored();
    sRequest.geometry = !m_poFeatureDefn->IsGeometryIgnored();
    sRequest.start = static_cast<uint64_t>(nFID);
    sRequest.count = 1;
    const auto hFeatures = DGGSFetch<DggsFeatures>(
        g_psDggsApi->layer_features,
        static_cast<const DggsLayer *>(m_hLayer.get()),
        static_cast<const DggsFeatureRequest *>(&sRequest));
    if (!hFeatures)
        return nullptr;
    const auto hBatch = DGGSFetch<DggsFeatureBatch>(
        g_psDggsApi->features_next,
        static_cast<const DggsFeatures *>(hFeatures.get()));
    return hBatch ? MakeFeature(*hBatch, 0).release() : nullptr;
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

/************************************************************************/
/*                           GetFeatureCount()                          */
/************************************************************************/

GIntBig DGGSLayer::GetFeatureCount(int bForce)
{
    if (m_poFilterGeom == nullptr && m_poAttrQuery == nullptr)
    {
        if (!bForce && !m_psInfo->is_dense)
            return -1;
        uint64_t nCount = 0;
        if (!DGGSCheck(g_psDggsApi->layer_count,
                       static_cast<const DggsLayer *>(m_hLayer.get()),
                       &nCount))
            return -1;
        return static_cast<GIntBig>(nCount);
    }
    if (!bForce)
        return -1;
    ResetReading();
    GIntBig nCount = 0;
    for (; HasRow(true); ++m_nRow)
    {
        if (Passes(*MakeFeature(*m_hBatch, m_nRow)))
            ++nCount;
    }
    const bool bFailed = m_bFailed;
    ResetReading();
    return bFailed ? -1 : nCount;
}

/************************************************************************/
/*                             IGetExtent()                             */
/************************************************************************/

OGRErr DGGSLayer::IGetExtent(int, OGREnvelope *psExtent, bool bForce)
{
    if (m_psInfo->geometry == DGGS_GEOMETRY_NONE ||
        (!bForce && !m_psInfo->extent_is_known))
        return OGRERR_FAILURE;
    DggsExtent sExtent = {};
    if (!DGGSCheck(g_psDggsApi->layer_extent,
                   static_cast<const DggsLayer *>(m_hLayer.get()), &sExtent) ||
        sExtent.is_empty)
        return OGRERR_FAILURE;
    psExtent->MinX = sExtent.west;
    psExtent->MinY = sExtent.south;
    psExtent->MaxX = sExtent.east;
    psExtent->MaxY = sExtent.north;
    return OGRERR_NONE;
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
/*                           TestCapability()                           */
/************************************************************************/

int DGGSLayer::TestCapability(const char *pszCap) DGGS_CONST_SINCE_3_12
{
    const bool bUnfiltered =
        m_poFilterGeom == nullptr && m_poAttrQuery == nullptr;
    if (EQUAL(pszCap, OLCRandomRead) || EQUAL(pszCap, OLCFastSpatialFilter) ||
        EQUAL(pszCap, OLCIgnoreFields) || EQUAL(pszCap, OLCStringsAsUTF8))
        return TRUE;
    if (EQUAL(pszCap, OLCFastFeatureCount) ||
        EQUAL(pszCap, OLCFastSetNextByIndex))
        return bUnfiltered && m_psInfo->is_dense;
    if (EQUAL(pszCap, OLCFastGetExtent))
        return m_psInfo->extent_is_known;
    if (EQUAL(pszCap, OLCFastGetArrowStream))
        return bUnfiltered;
    return FALSE;
}

/************************************************************************/
/*                             DGGSLayerList                            */
/************************************************************************/

void DGGSLayerList::SetSource(GDALDataset *poDS, const GDALOpenInfo *poOpenInfo,
                              bool bForced)
{
    m_poDS = poDS;
    m_osName = poOpenInfo->pszFilename;
    m_aosOptions = CPLStringList(
        const_cast<CSLConstList>(poOpenInfo->papszOpenOptions));
    m_bIsDirectory = poOpenInfo->bIsDirectory != FALSE;
    m_bForced = bForced;
}

bool DGGSLayerList::Open()
{
    GDALDataset *const poDS = m_poDS;
    m_poDS = nullptr;  // whatever comes of it, it is done once
    const DGGSPairList oOptions(m_aosOptions.List());
    DggsOpenRequest sRequest = {};
    sRequest.name = m_osName.c_str();
    sRequest.options = oOptions.Get();
    sRequest.is_directory = m_bIsDirectory;
    sRequest.forced = m_bForced;
    const auto hRoot = DGGSFetch<DggsGroup>(
        g_psDggsApi->open_root,
        static_cast<const DggsOpenRequest *>(&sRequest));
    if (!hRoot)
        return false;
    const auto hLayers = DGGSFetch<DggsLayers>(
        g_psDggsApi->open_layers, static_cast<const DggsGroup *>(hRoot.get()));
    size_t nCount = 0;
    if (!hLayers ||
        !DGGSCheck(g_psDggsApi->layers_count,
                   static_cast<const DggsLayers *>(hLayers.get()), &nCount))
        return false;
    for (size_t i = 0; i < nCount; ++i)
    {
        auto poLayer = DGGSLayer::Create(
            poDS, DGGSFetch<DggsLayer>(
                      g_psDggsApi->layers_get,
                      static_cast<const DggsLayers *>(hLayers.get()), i));
        if (!poLayer)
        {
            m_apoLayers.clear();
            return false;
        }
        m_apoLayers.push_back(std::move(poLayer));
    }
    return true;
}

const std::vector<std::unique_ptr<OGRLayer>> &DGGSLayerList::Get()
{
    if (m_poDS == nullptr)
        return m_apoLayers;
    std::string osError;
    {
        CPLErrorStateBackuper oBackuper;
        CPLErrorHandlerPusher oQuiet(CPLQuietErrorHandler);
        if (!Open())
            osError = CPLGetLastErrorMsg();
    }
    if (!osError.empty())
    {
        CPLError(CE_Warning, CPLE_AppDefined, "There are no layers: %s",
                 osError.c_str());
    }
    return m_apoLayers;
}
