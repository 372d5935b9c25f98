/* Groups, apart from what changes them: see dggs_multidim.h. */
#include "dggs_multidim.h"

/************************************************************************/
/*                             DGGSGroup()                              */
/************************************************************************/

DGGSGroup::DGGSGroup(const std::shared_ptr<DGGSStore> &poStore,
                     DGGSHandle<DggsGroup> &&hGroup,
                     const DggsGroupInfo &sInfo)
    : DGGSGroupBase(std::string(), sInfo.name), m_poStore(poStore),
      m_aosStructuralInfo(DGGSToStringList(sInfo.structural_info)),
      m_hGroup(std::move(hGroup)), m_nSeen(poStore->GetChanges())
{
    m_osName = sInfo.name;
    m_osFullName = sInfo.full_name;
}

/************************************************************************/
/*                               Create()                               */
/************************************************************************/

std::shared_ptr<DGGSGroup>
DGGSGroup::Create(const std::shared_ptr<DGGSStore> &poStore,
                  DGGSHandle<DggsGroup> &&hGroup)
{
    const DggsGroupInfo *psInfo = nullptr;
    if (!hGroup || !DGGSCheck(g_psDggsApi->group_info, hGroup.get(), &psInfo))
        return nullptr;
    std::shared_ptr<DGGSGroup> poGroup(
        new DGGSGroup(poStore, std::move(hGroup), *psInfo));
    poGroup->SetSelf(poGroup);
    poGroup->m_poThis = poGroup;
    return poGroup;
}

/************************************************************************/
/*                             GetHandle()                              */
/************************************************************************/

std::shared_ptr<DggsGroup> DGGSGroup::GetHandle() const
{
    const std::lock_guard<std::mutex> oLock(m_oMutex);
    const unsigned nChanges = m_poStore->GetChanges();
    if (!m_bDeleted && m_nSeen != nChanges)
    {
        m_hGroup = m_poStore->FetchGroup(GetFullName());
        m_nSeen = nChanges;
    }
    if (m_bDeleted || !m_hGroup)
    {
        CPLError(CE_Failure, CPLE_AppDefined, "Group %s is there no more",
                 GetFullName().c_str());
        return nullptr;
    }
    return m_hGroup;
}

/************************************************************************/
/*                   SetFullName() and SetDeleted()                     */
/************************************************************************/

void DGGSGroup::SetFullName(const std::string &osFullName)
{
    const std::lock_guard<std::mutex> oLock(m_oMutex);
    m_osFullName = osFullName;
    m_osName = osFullName.substr(osFullName.rfind('/') + 1);
}

void DGGSGroup::SetDeleted()
{
    const std::lock_guard<std::mutex> oLock(m_oMutex);
    m_bDeleted = true;
}

/************************************************************************/
/*                       GetNames() and its users                       */
/************************************************************************/

std::vector<std::string> DGGSGroup::GetNames(NamesSlot pfnSlot) const
{
    const auto hGroup = GetHandle();
    if (!hGroup)
        return {};
    const auto hNames = DGGSFetch<DggsStrings>(pfnSlot, hGroup.get());
    return hNames ? DGGSToVector(*hNames) : std::vector<std::string>();
}

std::vector<std::string> DGGSGroup::GetMDArrayNames(CSLConstList) const
{
    return GetNames(g_psDggsApi->group_array_names);
}

std::vector<std::string> DGGSGroup::GetGroupNames(CSLConstList) const
{
    return GetNames(g_psDggsApi->group_group_names);
}

/************************************************************************/
/*                             OpenMDArray()                            */
/************************************************************************/

std::shared_ptr<GDALMDArray> DGGSGroup::OpenMDArray(const std::string &osName,
                                                    CSLConstList) const
{
    const auto hGroup = GetHandle();
    if (!hGroup)
        return nullptr;
    return m_poStore->TakeArray(DGGSFetch<DggsArray>(
        g_psDggsApi->open_array, hGroup.get(), osName.c_str()));
}

/************************************************************************/
/*                              OpenGroup()                             */
/************************************************************************/

std::shared_ptr<GDALGroup> DGGSGroup::OpenGroup(const std::string &osName,
                                                CSLConstList) const
{
    const auto hGroup = GetHandle();
    if (!hGroup)
        return nullptr;
    return m_poStore->TakeGroup(DGGSFetch<DggsGroup>(
        g_psDggsApi->open_group, hGroup.get(), osName.c_str()));
}

/************************************************************************/
/*                            GetDimensions()                           */
/************************************************************************/

std::vector<std::shared_ptr<GDALDimension>>
DGGSGroup::GetDimensions(CSLConstList) const
{
    const auto hGroup = GetHandle();
    if (!hGroup)
        return {};
    const auto hDimensions = DGGSFetch<DggsDimensions>(
        g_psDggsApi->group_dimensions, hGroup.get());
    return hDimensions ? DGGSMakeDimensions(m_poStore, *hDimensions)
                       : std::vector<std::shared_ptr<GDALDimension>>();
}

/************************************************************************/
/*                            GetAttributes()                           */
/************************************************************************/

/** "_GLOBAL_" is what GDAL's own drivers put before a group's attributes. */
std::string DGGSGroup::GetAttributeParentName() const
{
    return GetChildName("_GLOBAL_");
}

std::shared_ptr<DGGSAttributeHolder> DGGSGroup::GetHolder() const
{
    if (!m_poStore->IsWritable())
        return nullptr;
    return m_poThis.lock();
}

std::vector<std::shared_ptr<GDALAttribute>>
DGGSGroup::GetAttributes(CSLConstList) const
{
    const auto hGroup = GetHandle();
    if (!hGroup)
        return {};
    const auto hAttributes = DGGSFetch<DggsAttributes>(
        g_psDggsApi->group_attributes, hGroup.get());
    if (!hAttributes)
        return {};
    return DGGSMakeAttributes(GetAttributeParentName(), GetHolder(),
                              *hAttributes);
}

std::shared_ptr<GDALAttribute>
DGGSGroup::GetAttribute(const std::string &osName) const
{
    return GetAttributeFromAttributes(osName);
}
