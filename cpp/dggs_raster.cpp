/* The classic dataset: see dggs_raster.h. */
#include "dggs_raster.h"

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

GDALDataset *DGGSOpenClassic(GDALOpenInfo *, bool)
{
    // Rasters and layers come with their views.
    return nullptr;
}
