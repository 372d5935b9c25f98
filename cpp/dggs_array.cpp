/* Arrays, apart from their reading: see dggs_multidim.h. */
#include "dggs_multidim.h"

namespace
{

/************************************************************************/
/*                              MakeType()                              */
/************************************************************************/

GDALExtendedDataType MakeType(const DggsDataType &sType)
{
    switch (sType.type_class)
    {
        case DGGS_TYPE_TEXT:
            return GDALExtendedDataType::CreateString(sType.max_length);
        case DGGS_TYPE_COMPOUND:
        {
            std::vector<std::unique_ptr<GDALEDTComponent>> apoComponents;
            for (size_t i = 0; i < sType.field_count; ++i)
            {
                const DggsField &sField = sType.fields[i];
                apoComponents.push_back(std::make_unique<GDALEDTComponent>(
                    sField.name, sField.offset,
                    MakeType(sField.data_type)));
            }
            return GDALExtendedDataType::Create(sType.name, sType.size,
                                                std::move(apoComponents));
        }
        case DGGS_TYPE_NUMERIC:
            break;
    }
    return GDALExtendedDataType::Create(
        static_cast<GDALDataType>(sType.numeric_type));
}

/************************************************************************/
/*                            GetParentName()                           */
/************************************************************************/

std::string GetParentName(const std::string &osFullName)
{
    const auto nPos = osFullName.rfind('/');
    return nPos == 0 || nPos == std::string::npos
               ? std::string("/")
               : osFullName.substr(0, nPos);
}

}  // namespace

/************************************************************************/
/*                             DGGSArray()                              */
/************************************************************************/

DGGSArray::DGGSArray(const std::shared_ptr<DGGSStore> &poStore,
                     DGGSHandle<DggsArray> &&hArray,
                     const DggsArrayInfo &sInfo)
    : GDALAbstractMDArray(GetParentName(sInfo.full_name), sInfo.name),
      GDALMDArray(GetParentName(sInfo.full_name), sInfo.name),
      m_poStore(poStore), m_hArray(std::move(hArray)), m_sInfo(sInfo),
      m_oType(MakeType(sInfo.data_type)),
      m_apoDimensions(DGGSMakeDimensions(poStore, sInfo.dimensions)),
      m_osUnit(sInfo.unit),
      m_aosStructuralInfo(DGGSToStringList(sInfo.structural_info))
{
    m_osFullName = sInfo.full_name;
}

/************************************************************************/
/*                               Create()                               */
/************************************************************************/

std::shared_ptr<GDALMDArray>
DGGSArray::Create(const std::shared_ptr<DGGSStore> &poStore,
                  DGGSHandle<DggsArray> &&hArray)
{
    const DggsArrayInfo *psInfo = nullptr;
    if (!hArray || !DGGSCheck(g_psDggsApi->array_info, hArray.get(), &psInfo))
        return nullptr;
    std::shared_ptr<DGGSArray> poArray(
        new DGGSArray(poStore, std::move(hArray), *psInfo));
    poArray->SetSelf(poArray);
    return poArray;
}

/************************************************************************/
/*                           GetAttributes()                            */
/************************************************************************/

std::vector<std::shared_ptr<GDALAttribute>>
DGGSArray::GetAttributes(CSLConstList) const
{
    const auto hAttributes = DGGSFetch<DggsAttributes>(
        g_psDggsApi->array_attributes, m_hArray.get());
    if (!hAttributes)
        return {};
    return DGGSMakeAttributes(GetFullName(), *hAttributes);
}

std::shared_ptr<GDALAttribute>
DGGSArray::GetAttribute(const std::string &osName) const
{
    return GetAttributeFromAttributes(osName);
}

/************************************************************************/
/*                       GetOffset() and GetScale()                     */
/************************************************************************/

double DGGSArray::GetOffset(bool *pbHasOffset,
                            GDALDataType *peStorageType) const
{
    if (pbHasOffset)
        *pbHasOffset = m_sInfo.has_offset;
    if (peStorageType)
        *peStorageType = m_sInfo.has_offset ? GDT_Float64 : GDT_Unknown;
    return m_sInfo.has_offset ? m_sInfo.offset : 0.0;
}

double DGGSArray::GetScale(bool *pbHasScale, GDALDataType *peStorageType) const
{
    if (pbHasScale)
        *pbHasScale = m_sInfo.has_scale;
    if (peStorageType)
        *peStorageType = m_sInfo.has_scale ? GDT_Float64 : GDT_Unknown;
    return m_sInfo.has_scale ? m_sInfo.scale : 1.0;
}

/************************************************************************/
/*                            GetSpatialRef()                           */
/************************************************************************/

std::shared_ptr<OGRSpatialReference> DGGSArray::GetSpatialRef() const
{
    const std::lock_guard<std::mutex> oLock(m_oSRSMutex);
    if (!m_bSRSTried)
    {
        const auto hCRS =
            DGGSFetch<DggsStrings>(g_psDggsApi->array_crs, m_hArray.get());
        if (hCRS && hCRS->count == 1)
        {
            auto poSRS = std::make_shared<OGRSpatialReference>();
            poSRS->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
            if (poSRS->importFromWkt(hCRS->items[0]) == OGRERR_NONE)
                m_poSRS = std::move(poSRS);
        }
    }
    m_bSRSTried = true;
    return m_poSRS;
}

/************************************************************************/
/*                       GetCoordinateVariables()                       */
/************************************************************************/

std::vector<std::shared_ptr<GDALMDArray>>
DGGSArray::GetCoordinateVariables() const
{
    std::vector<std::shared_ptr<GDALMDArray>> apoVariables;
    for (const auto &osName : DGGSToVector(m_sInfo.coordinate_variables))
    {
        auto poVariable = m_poStore->OpenMDArray(osName);
        if (poVariable)
            apoVariables.push_back(std::move(poVariable));
    }
    return apoVariables;
}

/************************************************************************/
/*                         GetOverviewCount()                           */
/************************************************************************/

int DGGSArray::GetOverviewCount() const
{
    int nCount = 0;
    while (GetOverview(nCount) != nullptr)
        ++nCount;
    return nCount;
}

/************************************************************************/
/*                            GetOverview()                             */
/************************************************************************/

/** The same array on a coarser level, the finest first. */
std::shared_ptr<GDALMDArray> DGGSArray::GetOverview(int nIdx) const
{
    for (const auto &osName : DGGSToVector(m_sInfo.overviews))
    {
        auto poArray = m_poStore->OpenMDArray(osName);
        if (poArray && nIdx-- == 0)
            return poArray;
    }
    return nullptr;
}

/************************************************************************/
/*                            GetBlockSize()                            */
/************************************************************************/

std::vector<GUInt64> DGGSArray::GetBlockSize() const
{
    return std::vector<GUInt64>(m_sInfo.block_size,
                                m_sInfo.block_size + m_apoDimensions.size());
}
