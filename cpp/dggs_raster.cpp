/* The classic dataset: see dggs_raster.h. */
#include "dggs_raster.h"

#include "dggs_copy.h"

#include "cpl_string.h"
#include "cpl_vsi.h"

/************************************************************************/
/*                         DGGSClassicDataset()                         */
/************************************************************************/

DGGSClassicDataset::DGGSClassicDataset()
{
    nRasterXSize = 0;
    nRasterYSize = 0;
    m_oSRS.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
}

DGGSClassicDataset::~DGGSClassicDataset()
{
    // GDAL asks for layers to flush them.
    m_oLayers.Close();
    // Writes statistics that were computed, while the bands still are.
    DGGSClassicDataset::FlushCache(true);
}

/************************************************************************/
/*                              SetHandle()                             */
/************************************************************************/

/** Takes a raster, in the place of the same one where bands are there. */
bool DGGSClassicDataset::SetHandle(DGGSHandle<DggsRaster> &&hRaster)
{
    if (!DGGSCheck(g_psDggsApi->raster_info, hRaster.get(), &m_psInfo))
        return false;
    m_hRaster = std::move(hRaster);
    const DggsRasterInfo &sInfo = *m_psInfo;

    // Not GDALPamDataset::SetMetadata(): this is not for the sidecar.
    CPLStringList aosSubdatasets;
    for (size_t i = 0; i < sInfo.subdatasets.count; ++i)
    {
        const DggsPair &sPair = sInfo.subdatasets.items[i];
        const int nNumber = static_cast<int>(i) + 1;
        aosSubdatasets.SetNameValue(CPLSPrintf("SUBDATASET_%d_NAME", nNumber),
                                    sPair.key);
        aosSubdatasets.SetNameValue(CPLSPrintf("SUBDATASET_%d_DESC", nNumber),
                                    sPair.value);
    }
    if (!aosSubdatasets.empty() ||
        GDALDataset::GetMetadata("SUBDATASETS") != nullptr)
        GDALDataset::SetMetadata(aosSubdatasets.List(), "SUBDATASETS");
    return true;
}

/************************************************************************/
/*                              SetRaster()                             */
/************************************************************************/

bool DGGSClassicDataset::SetRaster(DGGSHandle<DggsRaster> &&hRaster)
{
    if (!SetHandle(std::move(hRaster)))
        return false;
    const DggsRasterInfo &sInfo = *m_psInfo;
    if (sInfo.band_count == 0)
        return true;

    nRasterXSize = sInfo.size.columns;
    nRasterYSize = sInfo.size.rows;
    if (m_oSRS.importFromWkt(sInfo.crs) != OGRERR_NONE)
        m_oSRS.Clear();
    m_oSRS.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    GDALDataset::SetMetadata(DGGSToStringList(sInfo.metadata).List());
    GDALDataset::SetMetadataItem("INTERLEAVE", "PIXEL", "IMAGE_STRUCTURE");
    GDALDataset::SetMetadataItem(GDALMD_AREA_OR_POINT, GDALMD_AOP_AREA);
    for (int i = 1; i <= static_cast<int>(sInfo.band_count); ++i)
        SetBand(i, new DGGSRasterBand(*this, i, sInfo.size, false));

    // A grid without data has no file to put a sidecar beside.
    VSIStatBufL sStat;
    if (VSIStatExL(sInfo.path, &sStat, VSI_STAT_EXISTS_FLAG) == 0)
    {
        SetPhysicalFilename(sInfo.path);
        SetSubdatasetName(sInfo.view);
        TryLoadXML();
    }
    return true;
}

/************************************************************************/
/*                              SetOrigin()                             */
/************************************************************************/

void DGGSClassicDataset::SetOrigin(const GDALOpenInfo &oOpenInfo)
{
    m_osName = oOpenInfo.pszFilename;
    m_aosOpenOptions.Assign(CSLDuplicate(oOpenInfo.papszOpenOptions), true);
    eAccess = oOpenInfo.eAccess;
}

/************************************************************************/
/*                               Refuse()                               */
/************************************************************************/

CPLErr DGGSClassicDataset::Refuse() const
{
    CPLError(CE_Failure, CPLE_NotSupported,
             "%s: rasters and layers of a DGGS store are for reading only, but "
             "for levels of a pyramid (gdaladdo); update its arrays through "
             "the multidimensional API",
             m_osName.c_str());
    return CE_Failure;
}

/************************************************************************/
/*                          IBuildOverviews()                           */
/************************************************************************/

/** Coarser levels of the array, or of all arrays of a container. */
CPLErr DGGSClassicDataset::IBuildOverviews(
    const char *pszResampling, int nOverviews, const int *panOverviewList,
    int nListBands, const int * /* panBandList */, GDALProgressFunc pfnProgress,
    void *pProgressData, CSLConstList papszOptions)
{
    if (eAccess != GA_Update)
    {
        CPLError(CE_Failure, CPLE_NotSupported,
                 "%s: it was opened for reading only, and overviews are levels "
                 "in the store itself: open it for update (gdaladdo without "
                 "-ro)",
                 m_osName.c_str());
        return CE_Failure;
    }
    if (nListBands != 0 && nListBands != nBands)
    {
        CPLError(CE_Failure, CPLE_NotSupported,
                 "%s: bands are slices of one array, whose levels are built "
                 "of all of them",
                 m_osName.c_str());
        return CE_Failure;
    }
    const DGGSPairList oOptions(m_aosOpenOptions.List());
    DggsOpenRequest sWhat = {};
    sWhat.name = m_osName.c_str();
    sWhat.options = oOptions.Get();
    sWhat.forced = true;
    if (!DGGSBuildOverviews(sWhat, nullptr, pszResampling, nOverviews,
                            panOverviewList, pfnProgress, pProgressData,
                            papszOptions))
        return CE_Failure;

    // The same raster, over the levels that there are now.
    auto hRaster = DGGSFetch<DggsRaster>(
        g_psDggsApi->open_raster,
        static_cast<const DggsOpenRequest *>(&sWhat));
    return hRaster && SetHandle(std::move(hRaster)) ? CE_None : CE_Failure;
}

/************************************************************************/
/*                             HasContent()                             */
/************************************************************************/

bool DGGSClassicDataset::HasContent() const
{
    return nBands > 0 ||
           (m_psInfo != nullptr && m_psInfo->subdatasets.count > 0) ||
           !m_oLayers.Get().empty();
}

/************************************************************************/
/*                             ReadPixels()                             */
/************************************************************************/

CPLErr DGGSClassicDataset::ReadPixels(
    const Window &sWindow, int nBandCount, const int *panBands, void *pData,
    int nBufXSize, int nBufYSize, GDALDataType eBufType, GSpacing nPixelSpace,
    GSpacing nLineSpace, GSpacing nBandSpace,
    const GDALRasterIOExtraArg *psExtraArg) const
{
    // Steps between pixels of the buffer, in pixels of the raster that the
    // window is on.
    const double dfRatioX = sWindow.dfXSize / nBufXSize;
    const double dfRatioY = sWindow.dfYSize / nBufYSize;
    DggsPixels sPixels;
    sPixels.first_column = sWindow.dfXOff / dfRatioX;
    sPixels.first_row = sWindow.dfYOff / dfRatioY;
    sPixels.column_step = dfRatioX * sWindow.dfStepX;
    sPixels.row_step = dfRatioY * sWindow.dfStepY;
    sPixels.columns = static_cast<size_t>(nBufXSize);
    sPixels.rows = static_cast<size_t>(nBufYSize);
    const ptrdiff_t anStrides[] = {static_cast<ptrdiff_t>(nBandSpace),
                                   static_cast<ptrdiff_t>(nLineSpace),
                                   static_cast<ptrdiff_t>(nPixelSpace)};

    DggsProgress pfnProgress = nullptr;
    void *pProgressData = nullptr;
    if (psExtraArg != nullptr && psExtraArg->pfnProgress != nullptr &&
        psExtraArg->pfnProgress != GDALDummyProgress)
    {
        pfnProgress = [](double dfShare, void *pArg)
        {
            const auto psArg = static_cast<const GDALRasterIOExtraArg *>(pArg);
            return psArg->pfnProgress(dfShare, "", psArg->pProgressData) !=
                   FALSE;
        };
        pProgressData = const_cast<GDALRasterIOExtraArg *>(psExtraArg);
    }
    return DGGSCheck(g_psDggsApi->raster_read, m_hRaster.get(),
                     static_cast<const DggsPixels *>(&sPixels),
                     static_cast<size_t>(nBandCount),
                     static_cast<const int32_t *>(panBands),
                     static_cast<uint32_t>(eBufType),
                     static_cast<const ptrdiff_t *>(anStrides), pData,
                     pfnProgress, pProgressData)
               ? CE_None
               : CE_Failure;
}

/************************************************************************/
/*                              IRasterIO()                             */
/************************************************************************/

CPLErr DGGSClassicDataset::IRasterIO(
    GDALRWFlag eRWFlag, int nXOff, int nYOff, int nXSize, int nYSize,
    void *pData, int nBufXSize, int nBufYSize, GDALDataType eBufType,
    int nBandCount, BANDMAP_TYPE panBandMap, GSpacing nPixelSpace,
    GSpacing nLineSpace, GSpacing nBandSpace, GDALRasterIOExtraArg *psExtraArg)
{
    if (eRWFlag != GF_Read)
        return Refuse();
    if (!DGGSIsDirect(psExtraArg, nXSize, nYSize, nBufXSize, nBufYSize))
    {
        return GDALPamDataset::IRasterIO(
            eRWFlag, nXOff, nYOff, nXSize, nYSize, pData, nBufXSize, nBufYSize,
            eBufType, nBandCount, panBandMap, nPixelSpace, nLineSpace,
            nBandSpace, psExtraArg);
    }
    Window sWindow = {static_cast<double>(nXOff), static_cast<double>(nYOff),
                      static_cast<double>(nXSize), static_cast<double>(nYSize),
                      1.0, 1.0};
    if (psExtraArg != nullptr && psExtraArg->bFloatingPointWindowValidity)
    {
        sWindow.dfXOff = psExtraArg->dfXOff;
        sWindow.dfYOff = psExtraArg->dfYOff;
        sWindow.dfXSize = psExtraArg->dfXSize;
        sWindow.dfYSize = psExtraArg->dfYSize;
    }
    return ReadPixels(sWindow, nBandCount, panBandMap, pData, nBufXSize,
                      nBufYSize, eBufType, nPixelSpace, nLineSpace, nBandSpace,
                      psExtraArg);
}

/************************************************************************/
/*                           GetGeoTransform()                          */
/************************************************************************/

CPLErr DGGSClassicDataset::GetGeoTransform(DGGSGeoTransform afTransform)
    DGGS_CONST_SINCE_3_12
{
    const bool bRaster = nRasterXSize > 0;
    for (int i = 0; i < 6; ++i)
        afTransform[i] = bRaster ? m_psInfo->geotransform[i]
                                 : (i == 1 || i == 5 ? 1.0 : 0.0);
    return bRaster ? CE_None : CE_Failure;
}

/************************************************************************/
/*                            GetSpatialRef()                           */
/************************************************************************/

const OGRSpatialReference *DGGSClassicDataset::GetSpatialRef() const
{
    return m_oSRS.IsEmpty() ? nullptr : &m_oSRS;
}

/************************************************************************/
/*                             GetFileList()                            */
/************************************************************************/

/** The store as one item, and the sidecar: a store may have millions of
 * files. */
char **DGGSClassicDataset::GetFileList()
{
    CPLStringList aosFiles(GDALPamDataset::GetFileList());
    VSIStatBufL sStat;
    if (m_psInfo != nullptr && aosFiles.FindString(m_psInfo->path) < 0 &&
        VSIStatExL(m_psInfo->path, &sStat, VSI_STAT_EXISTS_FLAG) == 0)
    {
        CPLStringList aosAll;
        aosAll.AddString(m_psInfo->path);
        for (int i = 0; i < aosFiles.size(); ++i)
            aosAll.AddString(aosFiles[i]);
        return aosAll.StealList();
    }
    return aosFiles.StealList();
}

/************************************************************************/
/*                              GetLayer()                              */
/************************************************************************/

DGGS_CONST_SINCE_3_12 OGRLayer *
DGGSClassicDataset::GetLayer(int iLayer) DGGS_CONST_SINCE_3_12
{
    return iLayer >= 0 && iLayer < GetLayerCount()
               ? m_oLayers.Get()[iLayer].get()
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
    const bool bRaster = (poOpenInfo->nOpenFlags & GDAL_OF_RASTER) != 0;
    const bool bVector = (poOpenInfo->nOpenFlags & GDAL_OF_VECTOR) != 0;
    const DGGSPairList oOptions(poOpenInfo->papszOpenOptions);
    DggsOpenRequest sRequest = {};
    sRequest.name = poOpenInfo->pszFilename;
    sRequest.options = oOptions.Get();
    sRequest.is_directory = poOpenInfo->bIsDirectory != FALSE;
    sRequest.forced = bForced;
    sRequest.update = poOpenInfo->eAccess == GA_Update && !bVector;
    const DggsOpenRequest *const psRequest = &sRequest;
    auto poDS = std::make_unique<DGGSClassicDataset>();
    poDS->SetOrigin(*poOpenInfo);
    if (bVector)
        poDS->GetLayers().SetSource(poDS.get(), poOpenInfo, bForced);
    DGGSHandle<DggsRaster> hRaster;
    if (bRaster)
    {
        DggsStatus eStatus = DGGS_OK;
        DggsReport sReport;
        hRaster = DGGSAttempt<DggsRaster>(eStatus, sReport,
                                          g_psDggsApi->open_raster, psRequest);
        // Where there is nothing to show as a raster there may be layers.
        std::string osIgnored;
        const bool bLayers = eStatus == DGGS_UNSUPPORTED && bVector &&
                             poDS->GetLayers().OpenQuietly(osIgnored) &&
                             !poDS->GetLayers().Get().empty();
        DGGSRaise(bLayers ? DGGS_OK : eStatus, sReport);
        if (bLayers)
        {
            CPLError(CE_Warning, CPLE_AppDefined, "There is no raster: %s",
                     sReport.message);
        }
        else if (!hRaster)
        {
            return nullptr;
        }
        if (hRaster && bVector)
        {
            poDS->GetLayers().SetRoot(DGGSFetch<DggsGroup>(
                g_psDggsApi->raster_root,
                static_cast<const DggsRaster *>(hRaster.get())));
        }
    }
    else if (!bVector || !poDS->GetLayers().Open())
    {
        return nullptr;
    }
    // A program that wants layers wants to write features.
    if (poOpenInfo->eAccess == GA_Update && (bVector || !hRaster))
    {
        poDS->Refuse();
        return nullptr;
    }

    if (hRaster && !poDS->SetRaster(std::move(hRaster)))
        return nullptr;
    if (!poDS->HasContent())
    {
        CPLError(CE_Failure, CPLE_NotSupported,
                 "%s: no array of numbers lies on the zones, so there is no "
                 "raster to show; open it as multidimensional or as vector",
                 poOpenInfo->pszFilename);
        return nullptr;
    }
    // A VRT of this dataset keeps its name alone: the name has the options.
    const char *pszName = poDS->GetConnection();
    poDS->SetDescription(pszName[0] ? pszName : poOpenInfo->pszFilename);
    return poDS.release();
}
