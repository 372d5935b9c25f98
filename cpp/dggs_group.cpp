/* Groups, and the store that they share: see dggs_multidim.h. */
#include "dggs_multidim.h"

/************************************************************************/
/*                       DGGSStore::OpenGroup()                         */
/************************************************************************/

std::shared_ptr<GDALGroup> DGGSStore::OpenGroup(const std::string &osFullName)
{
    return DGGSGroup::Create(
        shared_from_this(),
        DGGSFetch<DggsGroup>(g_psDggsApi->open_group, m_hRoot.get(),
                             osFullName.c_str()));
}

/************************************************************************/
/*                      DGGSStore::OpenMDArray()                        */
/************************************************************************/

std::shared_ptr<GDALMDArray>
DGGSStore::OpenMDArray(const std::string &osFullName)
{
    return DGGSArray::Create(
        shared_from_this(),
        DGGSFetch<DggsArray>(g_psDggsApi->open_array, m_hRoot.get(),
                             osFullName.c_str()));
}

/************************************************************************/
/*                             DGGSGroup()                              */
/************************************************************************/

DGGSGroup::DGGSGroup(const std::shared_ptr<DGGSStore> &poStore,
                     DGGSHandle<DggsGroup> &&hGroup,
                     const DggsGroupInfo &sInfo)
    : DGGSGroupBase(std::string(), sInfo.name), m_poStore(poStore),
      m_hGroup(std::move(hGroup)),
      m_aosStructuralInfo(DGGSToStringList(sInfo.structural_info))
{
    m_osName = sInfo.name;
    m_osFullName = sInfo.full_name;
}

/************************************************************************/
/*                               Create()                               */
/************************************************************************/

std::shared_ptr<GDALGroup>
DGGSGroup::Create(const std::shared_ptr<DGGSStore> &poStore,
                  DGGSHandle<DggsGroup> &&hGroup)
{
    const DggsGroupInfo *psInfo = nullptr;
    if (!hGroup || !DGGSCheck(g_psDggsApi->group_info, hGroup.get(), &psInfo))
        return nullptr;
    std::shared_ptr<DGGSGroup> poGroup(
        new DGGSGroup(poStore, std::move(hGroup), *psInfo));
    poGroup->SetSelf(poGroup);
    return poGroup;
}

/************************************************************************/
/*                       GetNames() and its users                       */
/************************************************************************/

std::vector<std::string> DGGSGroup::GetNames(NamesSlot pfnSlot) const
{
    const auto hNames = DGGSFetch<DggsStrings>(pfnSlot, m_hGroup.get());
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
    return DGGSArray::Create(m_poStore,
                             DGGSFetch<DggsArray>(g_psDggsApi->open_array,
                                                  m_hGroup.get(),
                                                  osName.c_str()));
}

/************************************************************************/
/*                              OpenGroup()                             */
/************************************************************************/

std::shared_ptr<GDALGroup> DGGSGroup::OpenGroup(const std::string &osName,
                                                CSLConstList) const
{
    return DGGSGroup::Create(m_poStore,
                             DGGSFetch<DggsGroup>(g_psDggsApi->open_group,
                                                  m_hGroup.get(),
                                                  osName.c_str()));
}

/************************************************************************/
/*                            GetDimensions()                           */
/************************************************************************/

std::vector<std::shared_ptr<GDALDimension>>
DGGSGroup::GetDimensions(CSLConstList) const
{
    const auto hDimensions = DGGSFetch<DggsDimensions>(
        g_psDggsApi->group_dimensions, m_hGroup.get());
    return hDimensions ? DGGSMakeDimensions(m_poStore, *hDimensions)
                       : std::vector<std::shared_ptr<GDALDimension>>();
}

/************************************************************************/
/*                            GetAttributes()                           */
/************************************************************************/

std::vector<std::shared_ptr<GDALAttribute>>
DGGSGroup::GetAttributes(CSLConstList) const
{
    const auto hAttributes = DGGSFetch<DggsAttributes>(
        g_psDggsApi->group_attributes, m_hGroup.get());
    if (!hAttributes)
        return {};
    // "_GLOBAL_" is what GDAL's own drivers put before a group's attributes
    const std::string osParentName =
        GetFullName() == "/" ? "/_GLOBAL_" : GetFullName() + "/_GLOBAL_";
    return DGGSMakeAttributes(osParentName, *hAttributes);
}

std::shared_ptr<GDALAttribute>
DGGSGroup::GetAttribute(const std::string &osName) const
{
    return GetAttributeFromAttributes(osName);
}
