/* The classic dataset: see dggs_raster.h. */
#include "dggs_raster.h"

#include "dggs_layer.h"

/************************************************************************/
/*                         DGGSClassicDataset()                         */
/************************************************************************/

DGGSClassicDataset::DGGSClassicDataset()
{
    nRasterXSize = 0;
    nRasterYSize = 0;
}

DGGSClassicDataset::~DGGSClassicDataset() = default;

/************************************************************************/
/*                              GetLayer()                              */
/************************************************************************/

DGGS_CONST_SINCE_3_12 OGRLayer *
DGGSClassicDataset::GetLayer(int iLayer) DGGS_CONST_SINCE_3_12
{
    return iLayer >= 0 && iLayer < GetLayerCount() ? m_apoLayers[iLayer].get()
                                                   : nullptr;
}

/************************************************************************/
/*                           TestCapability()                           */
/************************************************************************/

int DGGSClassicDataset::TestCapability(const char *) DGGS_CONST_SINCE_3_12
{
    return FALSE;
}

/************************************************************************/
/*                          DGGSOpenClassic()                           */
/************************************************************************/

GDALDataset *DGGSOpenClassic(GDALOpenInfo *poOpenInfo, bool bForced)
{
    if ((poOpenInfo->nOpenFlags & GDAL_OF_VECTOR) == 0)
        return nullptr;

    const DGGSPairList oOptions(poOpenInfo->papszOpenOptions);
    DggsOpenRequest sRequest = {};
    sRequest.name = poOpenInfo->pszFilename;
    sRequest.options = oOptions.Get();
    sRequest.is_directory = poOpenInfo->bIsDirectory != FALSE;
    sRequest.forced = bForced;
    const auto hRoot = DGGSFetch<DggsGroup>(
        g_psDggsApi->open_root,
        static_cast<const DggsOpenRequest *>(&sRequest));
    if (!hRoot)
        return nullptr;
    if (poOpenInfo->eAccess == GA_Update)
    {
        CPLError(CE_Failure, CPLE_NotSupported,
                 "%s: the DGGS driver opens rasters and layers for reading only",
                 poOpenInfo->pszFilename);
        return nullptr;
    }
    auto poDS = std::make_unique<DGGSClassicDataset>();
    std::vector<std::unique_ptr<OGRLayer>> apoLayers;
    if (!DGGSOpenLayers(poDS.get(), hRoot.get(), apoLayers))
        return nullptr;
    for (auto &poLayer : apoLayers)
        poDS->AddLayer(std::move(poLayer));
    poDS->SetDescription(poOpenInfo->pszFilename);
    return poDS.release();
}
