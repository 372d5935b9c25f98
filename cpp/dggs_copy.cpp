/* CreateCopy(), Delete(), Rename() and CopyFiles() of the driver; levels of
 * stores that are there. */
#include "dggs_copy.h"

namespace
{

/************************************************************************/
/*                             CreateCopy()                             */
/************************************************************************/

/** All is written, and every error said, before it returns: GDALClose() of
 * older versions has no way to tell. */
GDALDataset *CreateCopy(const char *pszName, GDALDataset *poSource,
                        int /* bStrict */, DGGSCreationOptions papszOptions,
                        GDALProgressFunc pfnProgress, void *pProgressData)
{
    const bool bMultidim = poSource->GetRootGroup() != nullptr;
    const DGGSPairList oOptions(papszOptions);
    DggsCopyRequest sRequest;
    sRequest.source = GDALDataset::ToHandle(poSource);
    sRequest.name = pszName;
    sRequest.options = oOptions.Get();
    DGGSProgress sProgress = {pfnProgress, pProgressData};
    sRequest.progress = sProgress.GetFunction();
    sRequest.progress_data = &sProgress;
    if (!DGGSCheck(g_psDggsApi->create_copy,
                   static_cast<const DggsCopyRequest *>(&sRequest)))
        return nullptr;

    const char *const apszDrivers[] = {"DGGS", nullptr};
    const int nFlags = bMultidim ? GDAL_OF_MULTIDIM_RASTER : GDAL_OF_RASTER;
    return GDALDataset::Open(pszName, nFlags | GDAL_OF_VERBOSE_ERROR,
                             apszDrivers);
}

/************************************************************************/
/*                    Delete(), Rename(), CopyFiles()                   */
/************************************************************************/

CPLErr Delete(const char *pszName)
{
    return DGGSCheck(g_psDggsApi->delete_store, pszName) ? CE_None : CE_Failure;
}

CPLErr Rename(const char *pszNewName, const char *pszOldName)
{
    return DGGSCheck(g_psDggsApi->rename_store, pszOldName, pszNewName)
               ? CE_None
               : CE_Failure;
}

CPLErr CopyFiles(const char *pszNewName, const char *pszOldName)
{
    return DGGSCheck(g_psDggsApi->copy_store, pszOldName, pszNewName)
               ? CE_None
               : CE_Failure;
}

}  // namespace

/************************************************************************/
/*                          DGGSDeclareCopy()                           */
/************************************************************************/

void DGGSDeclareCopy(GDALDriver *poDriver)
{
    poDriver->SetMetadataItem(GDAL_DCAP_CREATECOPY, "YES");
    poDriver->pfnCreateCopy = CreateCopy;
    poDriver->pfnDelete = Delete;
    poDriver->pfnRename = Rename;
    poDriver->pfnCopyFiles = CopyFiles;
}

/************************************************************************/
/*                         DGGSBuildOverviews()                         */
/************************************************************************/

bool DGGSBuildOverviews(const DggsOpenRequest &sWhat, const char *pszArray,
                        const char *pszResampling, int nOverviews,
                        const int *panOverviewList,
                        GDALProgressFunc pfnProgress, void *pProgressData,
                        CSLConstList papszOptions)
{
    if (papszOptions != nullptr && papszOptions[0] != nullptr)
    {
        CPLError(CE_Failure, CPLE_NotSupported,
                 "%s: levels have no creation options: %s", sWhat.name,
                 papszOptions[0]);
        return false;
    }
    const std::vector<int32_t> anFactors(panOverviewList,
                                         panOverviewList + nOverviews);
    DGGSProgress sProgress = {pfnProgress, pProgressData};
    DggsOverviewRequest sRequest = {};
    sRequest.what = sWhat;
    sRequest.array = pszArray;
    sRequest.method = pszResampling != nullptr ? pszResampling : "NEAREST";
    sRequest.factors = anFactors.data();
    sRequest.factor_count = anFactors.size();
    sRequest.progress = sProgress.GetFunction();
    sRequest.progress_data = &sProgress;
    return DGGSCheck(g_psDggsApi->build_overviews,
                     static_cast<const DggsOverviewRequest *>(&sRequest));
}
