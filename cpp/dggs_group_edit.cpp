/* What changes groups: see dggs_multidim.h. */
#include "dggs_multidim.h"

/************************************************************************/
/*                            GetChildName()                            */
/************************************************************************/

std::string DGGSGroup::GetChildName(const std::string &osName) const
{
    return GetFullName() == "/" ? "/" + osName : GetFullName() + "/" + osName;
}

/************************************************************************/
/*                            CreateGroup()                             */
/************************************************************************/

std::shared_ptr<GDALGroup> DGGSGroup::CreateGroup(const std::string &osName,
                                                  CSLConstList papszOptions)
{
    const auto hGroup = GetHandle();
    if (!hGroup)
        return nullptr;
    const DGGSPairList oOptions(papszOptions);
    const DggsPairs sOptions = oOptions.Get();
    auto hNew = DGGSFetch<DggsGroup>(g_psDggsApi->group_create_group,
                                     hGroup.get(), osName.c_str(), &sOptions);
    m_poStore->Changed();
    return m_poStore->TakeGroup(std::move(hNew));
}

/************************************************************************/
/*                          CreateDimension()                           */
/************************************************************************/

std::shared_ptr<GDALDimension> DGGSGroup::CreateDimension(
    const std::string &osName, const std::string &osType,
    const std::string &osDirection, GUInt64 nSize, CSLConstList papszOptions)
{
    const auto hGroup = GetHandle();
    if (!hGroup)
        return nullptr;
    const DGGSPairList oOptions(papszOptions);
    const DggsPairs sOptions = oOptions.Get();
    DggsDimension sDimension = {};
    sDimension.name = osName.c_str();
    sDimension.group = GetFullName().c_str();
    sDimension.kind = osType.c_str();
    sDimension.direction = osDirection.c_str();
    sDimension.size = nSize;
    const auto hNew = DGGSFetch<DggsDimensions>(
        g_psDggsApi->group_create_dimension, hGroup.get(),
        static_cast<const DggsDimension *>(&sDimension), &sOptions);
    m_poStore->Changed();
    return hNew && hNew->count == 1 ? m_poStore->TakeDimension(hNew->items[0])
                                    : nullptr;
}

/************************************************************************/
/*                           CreateMDArray()                            */
/************************************************************************/

std::shared_ptr<GDALMDArray> DGGSGroup::CreateMDArray(
    const std::string &osName,
    const std::vector<std::shared_ptr<GDALDimension>> &aoDimensions,
    const GDALExtendedDataType &oDataType, CSLConstList papszOptions)
{
    const auto hGroup = GetHandle();
    if (!hGroup)
        return nullptr;
    std::vector<DggsDimension> asDimensions;
    asDimensions.reserve(aoDimensions.size());
    for (const auto &poDimension : aoDimensions)
    {
        const auto poOurs =
            std::dynamic_pointer_cast<DGGSDimension>(poDimension);
        DggsDimension sDimension = {};
        sDimension.name = poDimension->GetName().c_str();
        // a dimension of another dataset becomes one of this group
        sDimension.group =
            poOurs ? poOurs->GetGroupName().c_str() : GetFullName().c_str();
        sDimension.kind = poDimension->GetType().c_str();
        sDimension.direction = poDimension->GetDirection().c_str();
        sDimension.size = poDimension->GetSize();
        asDimensions.push_back(sDimension);
    }
    const DGGSTypeOf oType(oDataType);
    const DGGSPairList oOptions(papszOptions);
    DggsNewArray sArray = {};
    sArray.name = osName.c_str();
    sArray.dimensions = {asDimensions.data(), asDimensions.size()};
    sArray.data_type = oType.Get();
    sArray.options = oOptions.Get();
    auto hNew = DGGSFetch<DggsArray>(
        g_psDggsApi->group_create_array, hGroup.get(),
        static_cast<const DggsNewArray *>(&sArray));
    m_poStore->Changed();
    return m_poStore->TakeArray(std::move(hNew));
}

/************************************************************************/
/*                        Attributes of a group                         */
/************************************************************************/

std::shared_ptr<GDALAttribute>
DGGSGroup::CreateAttribute(const std::string &osName,
                           const std::vector<GUInt64> &anDimensions,
                           const GDALExtendedDataType &oDataType, CSLConstList)
{
    if (GetAttribute(osName))
    {
        CPLError(CE_Failure, CPLE_AppDefined,
                 "Group %s: there is an attribute '%s' already",
                 GetFullName().c_str(), osName.c_str());
        return nullptr;
    }
    return DGGSCreateAttribute(GetAttributeParentName(), m_poThis.lock(),
                               osName, anDimensions, oDataType);
}

bool DGGSGroup::StoreAttribute(const DggsAttribute &sAttribute)
{
    const auto hGroup = GetHandle();
    const bool bOK = hGroup && DGGSCheck(g_psDggsApi->group_set_attribute,
                                         hGroup.get(), &sAttribute);
    m_poStore->Changed();
    return bOK;
}

bool DGGSGroup::RemoveAttribute(const std::string &osName)
{
    const auto hGroup = GetHandle();
    const bool bOK = hGroup && DGGSCheck(g_psDggsApi->group_delete_attribute,
                                         hGroup.get(), osName.c_str());
    m_poStore->Changed();
    return bOK;
}

bool DGGSGroup::DeleteAttribute(const std::string &osName, CSLConstList)
{
    return RemoveAttribute(osName);
}

/************************************************************************/
/*                   DeleteGroup() and DeleteMDArray()                  */
/************************************************************************/

bool DGGSGroup::DeleteGroup(const std::string &osName, CSLConstList)
{
    const auto hGroup = GetHandle();
    if (!hGroup || !DGGSCheck(g_psDggsApi->group_delete_group, hGroup.get(),
                              osName.c_str()))
        return false;
    m_poStore->Deleted(GetChildName(osName));
    m_poStore->Changed();
    return true;
}

bool DGGSGroup::DeleteMDArray(const std::string &osName, CSLConstList)
{
    const auto hGroup = GetHandle();
    if (!hGroup || !DGGSCheck(g_psDggsApi->group_delete_array, hGroup.get(),
                              osName.c_str()))
        return false;
    m_poStore->Deleted(GetChildName(osName));
    m_poStore->Changed();
    return true;
}

/************************************************************************/
/*                               Rename()                               */
/************************************************************************/

bool DGGSGroup::Rename(const std::string &osNewName)
{
    const auto hGroup = GetHandle();
    if (!hGroup || !DGGSCheck(g_psDggsApi->group_rename, hGroup.get(),
                              osNewName.c_str()))
        return false;
    const std::string osOld = GetFullName();
    m_poStore->Renamed(osOld,
                       osOld.substr(0, osOld.rfind('/') + 1) + osNewName);
    m_poStore->Changed();
    return true;
}
