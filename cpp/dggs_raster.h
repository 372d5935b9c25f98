/* The classic dataset over a store: a raster, subdatasets, layers of zones. */
#ifndef DGGS_RASTER_H_INCLUDED
#define DGGS_RASTER_H_INCLUDED

#include "dggs_layer.h"

#include "gdal_pam.h"
#include "ogr_spatialref.h"

/************************************************************************/
/*                          DGGSClassicDataset                          */
/************************************************************************/

/** What a store is to programs that do not know GDAL's multidimensional API.
 *
 * It has a raster where one array is shown, subdatasets where there are
 * several, and a layer of zones for each zone axis, on the same dataset. */
class DGGSClassicDataset final : public GDALPamDataset
{
    DGGSHandle<DggsRaster> m_hRaster{};
    const DggsRasterInfo *m_psInfo = nullptr;  // of m_hRaster
    OGRSpatialReference m_oSRS{};
    mutable DGGSLayerList m_oLayers{};
    std::string m_osName{};  // that was opened
    CPLStringList m_aosOpenOptions{};

    bool SetHandle(DGGSHandle<DggsRaster> &&hRaster);

  protected:
    CPLErr IBuildOverviews(const char *pszResampling, int nOverviews,
                           const int *panOverviewList, int nListBands,
                           const int *panBandList,
                           GDALProgressFunc pfnProgress, void *pProgressData,
                           CSLConstList papszOptions) override;
    CPLErr IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize,
                     int nYSize, void *pData, int nBufXSize, int nBufYSize,
                     GDALDataType eBufType, int nBandCount,
                     BANDMAP_TYPE panBandMap, GSpacing nPixelSpace,
                     GSpacing nLineSpace, GSpacing nBandSpace,
                     GDALRasterIOExtraArg *psExtraArg) override;

  public:
    DGGSClassicDataset();
    ~DGGSClassicDataset() override;

    /** Shows what `hRaster` is: a raster, or a container of several. */
    bool SetRaster(DGGSHandle<DggsRaster> &&hRaster);

    /** Remembers what was opened, and whether levels may be added to it. */
    void SetOrigin(const GDALOpenInfo &oOpenInfo);

    /** Raises why nothing but levels is written through a raster. */
    CPLErr Refuse() const;

    /** The layers beside the raster. */
    DGGSLayerList &GetLayers()
    {
        return m_oLayers;
    }

    /** Whether there is anything to look at. */
    bool HasContent() const;

    /** A name that opens the same with the same options; empty where the name
     * that was opened does. */
    const char *GetConnection() const
    {
        return m_psInfo != nullptr ? m_psInfo->connection : "";
    }

    /** Of the raster that was set. */
    const DggsRasterInfo &GetInfo() const
    {
        return *m_psInfo;
    }

    /** A window of a raster `dfStepX` by `dfStepY` times as coarse as ours. */
    struct Window
    {
        double dfXOff;
        double dfYOff;
        double dfXSize;
        double dfYSize;
        double dfStepX;
        double dfStepY;
    };

    /** Reads a window into `nBufXSize` by `nBufYSize` pixels of each band (0
     * is the mask) without resampling. */
    CPLErr ReadPixels(const Window &sWindow, int nBandCount,
                      const int *panBands, void *pData, int nBufXSize,
                      int nBufYSize, GDALDataType eBufType,
                      GSpacing nPixelSpace, GSpacing nLineSpace,
                      GSpacing nBandSpace,
                      const GDALRasterIOExtraArg *psExtraArg) const;

    CPLErr GetGeoTransform(DGGSGeoTransform afTransform)
        DGGS_CONST_SINCE_3_12 override;
    const OGRSpatialReference *GetSpatialRef() const override;

    CPLErr SetGeoTransform(DGGSNewGeoTransform) override
    {
        return Refuse();
    }

    CPLErr SetSpatialRef(const OGRSpatialReference *) override
    {
        return Refuse();
    }

    char **GetFileList() override;

    int GetLayerCount() DGGS_CONST_SINCE_3_12 override
    {
        return static_cast<int>(m_oLayers.Get().size());
    }

    DGGS_CONST_SINCE_3_12 OGRLayer *
    GetLayer(int iLayer) DGGS_CONST_SINCE_3_12 override;

    int TestCapability(const char *pszCap) DGGS_CONST_SINCE_3_12 override;
};

/************************************************************************/
/*                            DGGSRasterBand                            */
/************************************************************************/

/** A band of the raster, its mask (number 0), or an overview of either.
 *
 * Only the raster's own bands belong to a dataset in GDAL's eyes: the others
 * have no statistics to keep. */
class DGGSRasterBand final : public GDALPamRasterBand
{
    DGGSClassicDataset &m_oDataset;
    const int m_nNumber;
    std::vector<std::unique_ptr<DGGSRasterBand>> m_apoOverviews{};
    std::unique_ptr<DGGSRasterBand> m_poMask{};
    std::unique_ptr<GDALColorTable> m_poColorTable{};
    CPLStringList m_aosCategories{};

    void SetClasses();
    DGGSClassicDataset::Window GetWindow(double dfXOff, double dfYOff,
                                         double dfXSize, double dfYSize) const;

  protected:
    CPLErr IReadBlock(int nBlockXOff, int nBlockYOff, void *pImage) override;

    CPLErr IWriteBlock(int, int, void *) override
    {
        return m_oDataset.Refuse();
    }

    CPLErr IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize,
                     int nYSize, void *pData, int nBufXSize, int nBufYSize,
                     GDALDataType eBufType, GSpacing nPixelSpace,
                     GSpacing nLineSpace,
                     GDALRasterIOExtraArg *psExtraArg) override;

  public:
    DGGSRasterBand(DGGSClassicDataset &oDataset, int nNumber,
                   const DggsSize &sSize, bool bOverview);

    double GetNoDataValue(int *pbSuccess = nullptr) override;
    int64_t GetNoDataValueAsInt64(int *pbSuccess = nullptr) override;
    uint64_t GetNoDataValueAsUInt64(int *pbSuccess = nullptr) override;
    double GetOffset(int *pbSuccess = nullptr) override;
    double GetScale(int *pbSuccess = nullptr) override;
    const char *GetUnitType() override;
    char **GetCategoryNames() override;
    GDALColorTable *GetColorTable() override;
    GDALColorInterp GetColorInterpretation() override;

    // PAM would keep these, and nothing look at them.
    CPLErr Fill(double, double = 0) override
    {
        return m_oDataset.Refuse();
    }

    CPLErr SetNoDataValue(double) override
    {
        return m_oDataset.Refuse();
    }

    CPLErr SetNoDataValueAsInt64(int64_t) override
    {
        return m_oDataset.Refuse();
    }

    CPLErr SetNoDataValueAsUInt64(uint64_t) override
    {
        return m_oDataset.Refuse();
    }

    CPLErr SetOffset(double) override
    {
        return m_oDataset.Refuse();
    }

    CPLErr SetScale(double) override
    {
        return m_oDataset.Refuse();
    }

    CPLErr SetUnitType(const char *) override
    {
        return m_oDataset.Refuse();
    }

    int GetOverviewCount() override;
    GDALRasterBand *GetOverview(int iOverview) override;
    GDALRasterBand *GetMaskBand() override;
    int GetMaskFlags() override;
};

/** Whether reading these sizes needs no other resampling than choosing the
 * pixel that holds a centre. */
bool DGGSIsDirect(const GDALRasterIOExtraArg *psExtraArg, int nXSize,
                  int nYSize, int nBufXSize, int nBufYSize);

/** Opens a store without GDAL_OF_MULTIDIM_RASTER; NULL without an error for one
 * that is not ours.
 *
 * `bForced`: the user asks for this driver, so that a store that is not ours
 * is an error. */
GDALDataset *DGGSOpenClassic(GDALOpenInfo *poOpenInfo, bool bForced);

/** Lets GDAL take names of subdatasets apart, where it does so. */
void DGGSSetSubdatasetInfo(GDALDriver &oDriver);

#endif /* DGGS_RASTER_H_INCLUDED */
