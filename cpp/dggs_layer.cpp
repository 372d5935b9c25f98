/* Features of zones, and what is known of all of them: see dggs_layer.h. */
#include "dggs_layer.h"

namespace
{

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
