/* The store that groups, arrays and dimensions share: see dggs_multidim.h. */
#include "dggs_multidim.h"

#include "dggs_copy.h"

namespace
{

/** Whether `osName` is `osAncestor` or lies in it. */
bool IsWithin(const std::string &osName, const std::string &osAncestor)
{
    return osName == osAncestor ||
           (osName.size() > osAncestor.size() &&
            osName.compare(0, osAncestor.size(), osAncestor) == 0 &&
            osName[osAncestor.size()] == '/');
}

/** Takes out of `oMap` what is in use at `osFullName` and in it. */
template <class T>
std::vector<std::pair<std::string, std::shared_ptr<T>>>
TakeWithin(std::map<std::string, std::weak_ptr<T>> &oMap,
           const std::string &osFullName)
{
    std::vector<std::pair<std::string, std::shared_ptr<T>>> aoTaken;
    for (auto oIter = oMap.begin(); oIter != oMap.end();)
    {
        if (!IsWithin(oIter->first, osFullName))
        {
            ++oIter;
            continue;
        }
        if (auto poObject = oIter->second.lock())
            aoTaken.emplace_back(oIter->first, std::move(poObject));
        oIter = oMap.erase(oIter);
    }
    return aoTaken;
}

}  // namespace

/************************************************************************/
/*                         DGGSStore::Create()                          */
/************************************************************************/

std::shared_ptr<DGGSStore> DGGSStore::Create(const std::string &osFilename,
                                             DGGSHandle<DggsGroup> &&hRoot,
                                             bool bNew)
{
    const DggsGroupInfo *psInfo = nullptr;
    if (!hRoot || !DGGSCheck(g_psDggsApi->group_info, hRoot.get(), &psInfo))
        return nullptr;
    return std::shared_ptr<DGGSStore>(new DGGSStore(
        osFilename, std::move(hRoot), psInfo->is_writable, bNew));
}

/************************************************************************/
/*                       DGGSStore::~DGGSStore()                        */
/************************************************************************/

DGGSStore::~DGGSStore()
{
    if (m_bTouched)
        Flush(true);
}

/************************************************************************/
/*                         DGGSStore::Flush()                           */
/************************************************************************/

bool DGGSStore::Flush(bool bClosing)
{
    if (!m_bWritable)
        return true;
    if (bClosing)
        m_bTouched = false;
    const bool bOK = DGGSCheck(g_psDggsApi->flush, GetRoot().get(), bClosing);
    ++m_nChanges;  // what was left to us may have been written
    return bOK;
}

/************************************************************************/
/*                    DGGSStore::BuildOverviews()                       */
/************************************************************************/

std::shared_ptr<DggsGroup> DGGSStore::GetRoot() const
{
    const std::lock_guard<std::mutex> oLock(m_oRootMutex);
    return m_poRoot;
}

bool DGGSStore::BuildOverviews(const std::string &osFullName,
                               const char *pszResampling, int nOverviews,
                               const int *panOverviewList,
                               GDALProgressFunc pfnProgress,
                               void *pProgressData, CSLConstList papszOptions)
{
    if (!m_bWritable)
    {
        CPLError(CE_Failure, CPLE_NotSupported,
                 "%s: it was opened for reading only, and overviews are levels "
                 "in the store itself: open it for update",
                 m_osFilename.c_str());
        return false;
    }
    DggsOpenRequest sWhat = {};
    sWhat.name = m_osFilename.c_str();
    sWhat.forced = true;
    if (!Flush(true) ||
        !DGGSBuildOverviews(sWhat, osFullName.c_str(), pszResampling,
                            nOverviews, panOverviewList, pfnProgress,
                            pProgressData, papszOptions))
        return false;

    // The store as it is now: metadata that were kept know nothing of it.
    sWhat.update = true;
    auto hRoot =
        DGGSFetch<DggsGroup>(g_psDggsApi->open_root,
                             static_cast<const DggsOpenRequest *>(&sWhat));
    if (!hRoot)
        return false;
    {
        const std::lock_guard<std::mutex> oLock(m_oRootMutex);
        m_poRoot = std::move(hRoot);
    }
    ++m_nChanges;
    return true;
}

/************************************************************************/
/*                       Opening by a full name                         */
/************************************************************************/

DGGSHandle<DggsGroup> DGGSStore::FetchGroup(const std::string &osFullName) const
{
    return DGGSFetch<DggsGroup>(g_psDggsApi->open_group, GetRoot().get(),
                                osFullName.c_str());
}

DGGSHandle<DggsArray> DGGSStore::FetchArray(const std::string &osFullName) const
{
    return DGGSFetch<DggsArray>(g_psDggsApi->open_array, GetRoot().get(),
                                osFullName.c_str());
}

std::shared_ptr<GDALGroup> DGGSStore::OpenGroup(const std::string &osFullName)
{
    return TakeGroup(FetchGroup(osFullName));
}

std::shared_ptr<GDALMDArray>
DGGSStore::OpenMDArray(const std::string &osFullName)
{
    return TakeArray(FetchArray(osFullName));
}

/************************************************************************/
/*                        DGGSStore::TakeGroup()                        */
/************************************************************************/

std::shared_ptr<GDALGroup>
DGGSStore::TakeGroup(DGGSHandle<DggsGroup> &&hGroup)
{
    auto poNew = DGGSGroup::Create(shared_from_this(), std::move(hGroup));
    if (!poNew || !m_bWritable)
        return poNew;
    const std::lock_guard<std::mutex> oLock(m_oMutex);
    auto &poKnown = m_oGroups[poNew->GetFullName()];
    if (auto poInUse = poKnown.lock())
        return poInUse;
    poKnown = poNew;
    return poNew;
}

/************************************************************************/
/*                        DGGSStore::TakeArray()                        */
/************************************************************************/

std::shared_ptr<GDALMDArray>
DGGSStore::TakeArray(DGGSHandle<DggsArray> &&hArray)
{
    auto poNew = DGGSArray::Create(shared_from_this(), std::move(hArray));
    if (!poNew || !m_bWritable)
        return poNew;
    const std::lock_guard<std::mutex> oLock(m_oMutex);
    auto &poKnown = m_oArrays[poNew->GetFullName()];
    if (auto poInUse = poKnown.lock())
        return poInUse;
    poKnown = poNew;
    return poNew;
}

/************************************************************************/
/*                      DGGSStore::TakeDimension()                      */
/************************************************************************/

std::shared_ptr<DGGSDimension>
DGGSStore::TakeDimension(const DggsDimension &sDim)
{
    const auto Make = [&]
    { return std::make_shared<DGGSDimension>(shared_from_this(), sDim); };
    if (!m_bWritable)
        return Make();
    const std::lock_guard<std::mutex> oLock(m_oMutex);
    auto &poKnown =
        m_oDimensions[DimensionKey(sDim.group, sDim.name, sDim.size)];
    auto poDimension = poKnown.lock();
    if (poDimension && poDimension->GetType() == sDim.kind &&
        poDimension->GetDirection() == sDim.direction)
    {
        poDimension->SetIndexingVariableName(sDim.indexing_variable);
        return poDimension;
    }
    poDimension = Make();
    poKnown = poDimension;
    return poDimension;
}

/************************************************************************/
/*                         DGGSStore::Resized()                         */
/************************************************************************/

void DGGSStore::Resized(const GDALDimension &oDimension, GUInt64 nNewSize)
{
    const auto poOurs = dynamic_cast<const DGGSDimension *>(&oDimension);
    if (!poOurs || poOurs->GetSize() == nNewSize)
        return;
    const std::lock_guard<std::mutex> oLock(m_oMutex);
    const auto oIter = m_oDimensions.find(DimensionKey(
        poOurs->GetGroupName(), poOurs->GetName(), poOurs->GetSize()));
    if (oIter == m_oDimensions.end())
        return;
    const auto poDimension = oIter->second.lock();
    m_oDimensions.erase(oIter);
    if (poDimension)
    {
        poDimension->Resized(nNewSize);
        m_oDimensions[DimensionKey(poDimension->GetGroupName(),
                                   poDimension->GetName(), nNewSize)] =
            poDimension;
    }
}

/************************************************************************/
/*                         DGGSStore::Renamed()                         */
/************************************************************************/

void DGGSStore::Renamed(const std::string &osOldName,
                        const std::string &osNewName)
{
    // The objects' own locks are taken without ours: they come to us with
    // theirs.
    std::vector<std::pair<std::string, std::shared_ptr<DGGSGroup>>> aoGroups;
    std::vector<std::pair<std::string, std::shared_ptr<DGGSArray>>> aoArrays;
    {
        const std::lock_guard<std::mutex> oLock(m_oMutex);
        aoGroups = TakeWithin(m_oGroups, osOldName);
        aoArrays = TakeWithin(m_oArrays, osOldName);
        for (auto &oPair : aoGroups)
        {
            oPair.first.replace(0, osOldName.size(), osNewName);
            m_oGroups[oPair.first] = oPair.second;
        }
        for (auto &oPair : aoArrays)
        {
            oPair.first.replace(0, osOldName.size(), osNewName);
            m_oArrays[oPair.first] = oPair.second;
        }
    }
    for (const auto &oPair : aoGroups)
        oPair.second->SetFullName(oPair.first);
    for (const auto &oPair : aoArrays)
        oPair.second->SetFullName(oPair.first);
}

/************************************************************************/
/*                         DGGSStore::Deleted()                         */
/************************************************************************/

void DGGSStore::Deleted(const std::string &osFullName)
{
    std::vector<std::pair<std::string, std::shared_ptr<DGGSGroup>>> aoGroups;
    std::vector<std::pair<std::string, std::shared_ptr<DGGSArray>>> aoArrays;
    {
        const std::lock_guard<std::mutex> oLock(m_oMutex);
        aoGroups = TakeWithin(m_oGroups, osFullName);
        aoArrays = TakeWithin(m_oArrays, osFullName);
    }
    for (const auto &oPair : aoGroups)
        oPair.second->SetDeleted();
    for (const auto &oPair : aoArrays)
        oPair.second->SetDeleted();
}
