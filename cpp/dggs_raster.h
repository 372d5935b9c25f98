/* The classic dataset over a store: a raster, subdatasets, layers of zones. */
#ifndef DGGS_RASTER_H_INCLUDED
#define DGGS_RASTER_H_INCLUDED

#include "dggs_handle.h"

#include "gdal_pam.h"
#include "ogr_spatialref.h"
#include "ogrsf_frmts.h"

/************************************************************************/
/*                          DGGSClassicDataset                          */
/************************************************************************/

/** What a store is to programs that do not know GDAL's multidimensional API.
 *
 * It has a raster where one array is shown, subdatasets where there are several, and a layer of zones for each zone
 * axis, on the same dataset. */
class DGGSClassicDataset final : public GDALPamDataset
{
    // The layers' destructors may look at the raster's members: last in, first out.
    std::vector<std::unique_ptr<OGRLayer>> m_apoLayers{};

  public:
    DGGSClassicDataset();
    ~DGGSClassicDataset() override;

    /** Takes a layer; they are numbered in this order. */
    void AddLayer(std::unique_ptr<OGRLayer> poLayer)
    {
        m_apoLayers.push_back(std::move(poLayer));
    }

    int GetLayerCount() DGGS_CONST_SINCE_3_12 override
    {
        return static_cast<int>(m_apoLayers.size());
    }

    DGGS_CONST_SINCE_3_12 OGRLayer *GetLayer(int iLayer) DGGS_CONST_SINCE_3_12 override;

    int TestCapability(const char *pszCap) DGGS_CONST_SINCE_3_12 override;
};

/** Opens a store without GDAL_OF_MULTIDIM_RASTER; NULL without an error for one that is not ours.
 *
 * `bForced`: the user asks for this driver, so that a store that is not ours is an error. */
GDALDataset *DGGSOpenClassic(GDALOpenInfo *poOpenInfo, bool bForced);

#endif /* DGGS_RASTER_H_INCLUDED */
