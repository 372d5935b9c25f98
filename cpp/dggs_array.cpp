/* Arrays, apart from their reading: see dggs_multidim.h. */
#include "dggs_multidim.h"

namespace
{

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
/*                               State()                                */
/************************************************************************/

DGGSArray::State::State(DGGSHandle<DggsArray> &&hArrayIn,
                        const DggsArrayInfo &sInfoIn)
    : hArray(std::move(hArrayIn)), sInfo(sInfoIn), osUnit(sInfoIn.unit),
      aosStructuralInfo(DGGSToStringList(sInfoIn.structural_info))
{
}

/************************************************************************/
/*                             DGGSArray()                              */
/************************************************************************/

DGGSArray::DGGSArray(const std::shared_ptr<DGGSStore> &poStore,
                     const std::shared_ptr<const State> &poState)
    : GDALAbstractMDArray(GetParentName(poState->sInfo.full_name),
                          poState->sInfo.name),
      GDALMDArray(GetParentName(poState->sInfo.full_name),
                  poState->sInfo.name),
      m_poStore(poStore), m_oType(DGGSMakeType(poState->sInfo.data_type)),
      m_apoDimensions(DGGSMakeDimensions(poStore, poState->sInfo.dimensions)),
      m_apoStates({poState}), m_nSeen(poStore->GetChanges())
{
    m_osFullName = poState->sInfo.full_name;
}

/************************************************************************/
/*                               Create()                               */
/************************************************************************/

std::shared_ptr<DGGSArray>
DGGSArray::Create(const std::shared_ptr<DGGSStore> &poStore,
                  DGGSHandle<DggsArray> &&hArray)
{
    const DggsArrayInfo *psInfo = nullptr;
    if (!hArray || !DGGSCheck(g_psDggsApi->array_info, hArray.get(), &psInfo))
        return nullptr;
    std::shared_ptr<DGGSArray> poArray(new DGGSArray(
        poStore, std::make_shared<const State>(std::move(hArray), *psInfo)));
    poArray->SetSelf(poArray);
    poArray->m_poThis = poArray;
    return poArray;
}

/************************************************************************/
/*                              GetState()                              */
/************************************************************************/

std::shared_ptr<const DGGSArray::State> DGGSArray::GetState(bool *pbGone) const
{
    const std::lock_guard<std::mutex> oLock(m_oMutex);
    const unsigned nChanges = m_poStore->GetChanges();
    bool bGone = m_bDeleted;
    if (!bGone && m_nSeen != nChanges)
    {
        auto hArray = m_poStore->FetchArray(GetFullName());
        const DggsArrayInfo *psInfo = nullptr;
        bGone = !hArray ||
                !DGGSCheck(g_psDggsApi->array_info, hArray.get(), &psInfo);
        if (!bGone)
        {
            DGGSMakeDimensions(m_poStore, psInfo->dimensions);
            m_apoStates.push_back(
                std::make_shared<const State>(std::move(hArray), *psInfo));
            if (m_apoStates.size() > 3)
                m_apoStates.erase(m_apoStates.begin());
            m_nSeen = nChanges;
        }
    }
    if (bGone)
    {
        CPLError(CE_Failure, CPLE_AppDefined, "Array %s is there no more",
                 GetFullName().c_str());
    }
    if (pbGone)
        *pbGone = bGone;
    return m_apoStates.back();
}

/************************************************************************/
/*                   SetFullName() and SetDeleted()                     */
/************************************************************************/

void DGGSArray::SetFullName(const std::string &osFullName)
{
    const std::lock_guard<std::mutex> oLock(m_oMutex);
    m_osFullName = osFullName;
    m_osName = osFullName.substr(osFullName.rfind('/') + 1);
}

void DGGSArray::SetDeleted()
{
    const std::lock_guard<std::mutex> oLock(m_oMutex);
    m_bDeleted = true;
}

/************************************************************************/
/*                           GetAttributes()                            */
/************************************************************************/

std::shared_ptr<DGGSAttributeHolder> DGGSArray::GetHolder() const
{
    if (!IsWritable())
        return nullptr;
    return m_poThis.lock();
}

std::vector<std::shared_ptr<GDALAttribute>>
DGGSArray::GetAttributes(CSLConstList) const
{
    const auto poState = GetState();
    const auto hAttributes = DGGSFetch<DggsAttributes>(
        g_psDggsApi->array_attributes, poState->hArray.get());
    if (!hAttributes)
        return {};
    return DGGSMakeAttributes(GetFullName(), GetHolder(), *hAttributes);
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
    const auto poState = GetState();
    const bool bHasOffset = poState->sInfo.has_offset;
    if (pbHasOffset)
        *pbHasOffset = bHasOffset;
    if (peStorageType)
        *peStorageType = bHasOffset ? GDT_Float64 : GDT_Unknown;
    return bHasOffset ? poState->sInfo.offset : 0.0;
}

double DGGSArray::GetScale(bool *pbHasScale, GDALDataType *peStorageType) const
{
    const auto poState = GetState();
    const bool bHasScale = poState->sInfo.has_scale;
    if (pbHasScale)
        *pbHasScale = bHasScale;
    if (peStorageType)
        *peStorageType = bHasScale ? GDT_Float64 : GDT_Unknown;
    return bHasScale ? poState->sInfo.scale : 1.0;
}

/************************************************************************/
/*                            GetSpatialRef()                           */
/************************************************************************/

std::shared_ptr<OGRSpatialReference> DGGSArray::GetSpatialRef() const
{
    const auto poState = GetState();
    const std::lock_guard<std::mutex> oLock(m_oSRSMutex);
    if (m_poSRSState != poState)
    {
        m_poSRSState = poState;
        m_poSRS.reset();
        const auto hCRS =
            DGGSFetch<DggsStrings>(g_psDggsApi->array_crs,
                                   poState->hArray.get());
        if (hCRS && hCRS->count == 1)
        {
            auto poSRS = std::make_shared<OGRSpatialReference>();
            poSRS->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
            if (poSRS->importFromWkt(hCRS->items[0]) == OGRERR_NONE)
                m_poSRS = std::move(poSRS);
        }
    }
    return m_poSRS;
}

/************************************************************************/
/*                       GetCoordinateVariables()                       */
/************************************************************************/

std::vector<std::shared_ptr<GDALMDArray>>
DGGSArray::GetCoordinateVariables() const
{
    std::vector<std::shared_ptr<GDALMDArray>> apoVariables;
    const auto poState = GetState();
    for (const auto &osName :
         DGGSToVector(poState->sInfo.coordinate_variables))
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
    const auto poState = GetState();
    for (const auto &osName : DGGSToVector(poState->sInfo.overviews))
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
    const auto poState = GetState();
    const uint64_t *panSize = poState->sInfo.block_size;
    return std::vector<GUInt64>(panSize, panSize + m_apoDimensions.size());
}
