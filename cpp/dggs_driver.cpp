/* The driver: identify, open, and what it declares about itself. */
#include "dggs_copy.h"
#include "dggs_dataset.h"
#include "dggs_raster.h"

namespace
{

constexpr const char *OPEN_OPTION_LIST =
    "<OpenOptionList>"
    "<Option name='DGGRS' type='string' description='Grid, where the store does not say: HEALPix, rHEALPix, "
    "H3, ISEA3H, ISEA4H, ISEA7H, ISEA4T, ISEA4D, IGEO7'/>"
    "<Option name='LEVEL' type='int' min='0' description='Refinement level; selects one of a pyramid'/>"
    "<Option name='INDEXING' type='string' description='Zone id scheme; HEALPix: nested, ring, nuniq, zuniq; "
    "ISEA: SEQNUM, Q2DI, Q2DD, PROJTRI, Z3, Z7'/>"
    "<Option name='ELLIPSOID' type='string' description='Surface of the grid: sphere, WGS84, GRS80, or a,invf'/>"
    "<Option name='LON_0' type='float' description='Orientation of the grid: longitude in degrees'/>"
    "<Option name='LAT_0' type='float' description='Orientation of the grid: latitude in degrees'/>"
    "<Option name='AZIMUTH' type='float' description='Orientation of the grid: azimuth in degrees'/>"
    "<Option name='ZONE_ID' type='string' description='Name of the array of zone ids'/>"
    "<Option name='CONVENTION' type='string-select' default='AUTO' description='How the store describes its grid'>"
    "<Value>AUTO</Value>"
    "<Value>DGGS_SPEC</Value>"
    "<Value>DGGS_JL</Value>"
    "<Value>XDGGS</Value>"
    "<Value>ZARR_DGGS</Value>"
    "<Value>CF</Value>"
    "<Value>EASYGEMS</Value>"
    "</Option>"
    "<Option name='BBOX' type='string' description='Zones of a box, extent of a raster: west,south,east,north in "
    "degrees; west may be greater than east'/>"
    "<Option name='POLYGON' type='string' description='Zones of a polygon: WKT (longitude, latitude), or the name of a "
    "vector file'/>"
    "<Option name='ZONES' type='string' description='Zones by id, separated by commas, or @file with one a line'/>"
    "<Option name='POINTS' type='string' description='Zones that hold points: lon lat,lon lat,... or @file.csv'/>"
    "<Option name='CONTAINMENT' type='string-select' default='INTERSECTS' description='Which zones BBOX and POLYGON "
    "choose'>"
    "<Value>INTERSECTS</Value>"
    "<Value>CENTROID</Value>"
    "<Value>WITHIN</Value>"
    "</Option>"
    "<Option name='COMPUTED' type='string' default='NONE' description='Computed arrays: any of ZONE_TEXT, BOUNDARY, "
    "AREA, PARENT, CHILDREN, NEIGHBOURS, separated by commas; or ALL, NONE'/>"
    "<Option name='SLICE' type='string' description='Raster and vector view: index along other dimensions, "
    "dimension:index,...'/>"
    "<Option name='CRS' type='string' description='Raster view: CRS of the raster, by default geographic'/>"
    "<Option name='RES' type='string' description='Raster view: size of a pixel in units of the CRS'/>"
    "<Option name='RESAMPLING' type='string-select' default='NEAREST' description='Raster view: how a pixel gets its "
    "value from zones'>"
    "<Value>NEAREST</Value>"
    "<Value>BILINEAR</Value>"
    "<Value>AVERAGE</Value>"
    "</Option>"
    "<Option name='GEOMETRY' type='string-select' default='POLYGON' description='Layers: what a zone is drawn as'>"
    "<Value>POLYGON</Value>"
    "<Value>POINT</Value>"
    "<Value>NONE</Value>"
    "</Option>"
    "</OpenOptionList>";

/************************************************************************/
/*                              HasPrefix()                             */
/************************************************************************/

bool HasPrefix(const GDALOpenInfo *poOpenInfo)
{
    return STARTS_WITH_CI(poOpenInfo->pszFilename, DGGS_CONNECTION_PREFIX);
}

/************************************************************************/
/*                              IsForced()                              */
/************************************************************************/

/** Whether the user asks for this driver: by the prefix, or as the only one
 * that may open the file (`-if DGGS`). */
bool IsForced(const GDALOpenInfo *poOpenInfo)
{
    if (HasPrefix(poOpenInfo))
        return true;
    const char *const *papszDrivers = poOpenInfo->papszAllowedDrivers;
    return papszDrivers != nullptr && papszDrivers[0] != nullptr &&
           papszDrivers[1] == nullptr && EQUAL(papszDrivers[0], "DGGS");
}

/************************************************************************/
/*                          IsMultidimAsked()                           */
/************************************************************************/

bool IsMultidimAsked(const GDALOpenInfo *poOpenInfo)
{
    return (poOpenInfo->nOpenFlags & GDAL_OF_MULTIDIM_RASTER) != 0;
}

/************************************************************************/
/*                              Identify()                              */
/************************************************************************/

/** TRUE only when the store is known to be ours: GDAL then checks the open
 * options against our list, and would complain about those that a plain Zarr
 * store has for GDAL's own driver. -1 lets Open() decide. Who asks for no kind
 * of dataset (networks among all of them since 3.13) may want to know whose it
 * is, to delete it: after -1 that would be GDAL's Zarr driver, which deletes
 * file by file. */
int Identify(GDALOpenInfo *poOpenInfo)
{
    const int nKinds = poOpenInfo->nOpenFlags & GDAL_OF_KIND_MASK;
    constexpr int OUR_KINDS =
        GDAL_OF_RASTER | GDAL_OF_VECTOR | GDAL_OF_MULTIDIM_RASTER;
    if (nKinds != 0 && (nKinds & OUR_KINDS) == 0)
        return FALSE;
    if (HasPrefix(poOpenInfo))
        return TRUE;
    if (IsForced(poOpenInfo))
        return -1;
    const bool bForSure = nKinds == 0 || (nKinds & GDAL_OF_GNM) != 0;
    DggsIdentified eIdentified = DGGS_IDENTIFIED_NO;
    if (!DGGSCheck(g_psDggsApi->identify,
                   static_cast<const char *>(poOpenInfo->pszFilename),
                   poOpenInfo->bIsDirectory != FALSE, bForSure, &eIdentified))
        return FALSE;
    switch (eIdentified)
    {
        case DGGS_IDENTIFIED_YES:
            return TRUE;
        case DGGS_IDENTIFIED_MAYBE:
            return -1;
        case DGGS_IDENTIFIED_NO:
            break;
    }
    return FALSE;
}

/************************************************************************/
/*                                Open()                                */
/************************************************************************/

/** NULL without an error for a store that is not ours, so that GDAL asks the
 * next driver. */
GDALDataset *Open(GDALOpenInfo *poOpenInfo)
{
    if (!IsMultidimAsked(poOpenInfo))
        return DGGSOpenClassic(poOpenInfo, IsForced(poOpenInfo));

    const DGGSPairList oOptions(poOpenInfo->papszOpenOptions);
    DggsOpenRequest sRequest = {};
    sRequest.name = poOpenInfo->pszFilename;
    sRequest.options = oOptions.Get();
    sRequest.is_directory = poOpenInfo->bIsDirectory != FALSE;
    sRequest.forced = IsForced(poOpenInfo);
    sRequest.update = poOpenInfo->eAccess == GA_Update;
    auto hRoot = DGGSFetch<DggsGroup>(
        g_psDggsApi->open_root,
        static_cast<const DggsOpenRequest *>(&sRequest));
    if (!hRoot)
        return nullptr;
    const DggsGroupInfo *psInfo = nullptr;
    if (!DGGSCheck(g_psDggsApi->group_info, hRoot.get(), &psInfo))
        return nullptr;
    // A VRT of this dataset keeps its name alone: the name has the options.
    const std::string osName =
        psInfo->connection[0] ? psInfo->connection : poOpenInfo->pszFilename;
    return DGGSMakeDataset(osName, std::move(hRoot), false);
}

/************************************************************************/
/*                          RegisterDriver()                            */
/************************************************************************/

void RegisterDriver(const DggsApi *psApi)
{
    if (!DGGSCheckHostVersion() || GDALGetDriverByName("DGGS") != nullptr)
        return;
    g_psDggsApi = psApi;

    auto poDriver = std::make_unique<GDALDriver>();
    poDriver->SetDescription("DGGS");
    poDriver->SetMetadataItem(GDAL_DMD_LONGNAME,
                              "Discrete Global Grid System data cubes");
    poDriver->SetMetadataItem(GDAL_DMD_HELPTOPIC, "drivers/raster/dggs.html");
    poDriver->SetMetadataItem(GDAL_DMD_EXTENSIONS, "dggs.zarr");
    poDriver->SetMetadataItem(GDAL_DMD_CONNECTION_PREFIX, DGGS_CONNECTION_PREFIX);
    poDriver->SetMetadataItem(GDAL_DMD_OPENOPTIONLIST, OPEN_OPTION_LIST);
    poDriver->SetMetadataItem(GDAL_DCAP_RASTER, "YES");
    poDriver->SetMetadataItem(GDAL_DCAP_VECTOR, "YES");
    poDriver->SetMetadataItem(GDAL_DCAP_MULTIDIM_RASTER, "YES");
    poDriver->SetMetadataItem(GDAL_DMD_SUBDATASETS, "YES");
    poDriver->SetMetadataItem(GDAL_DCAP_VIRTUALIO, "YES");
    DGGSDeclareCreation(*poDriver);
    DGGSDeclareCopy(poDriver.get());
    poDriver->pfnIdentify = Identify;
    DGGSSetSubdatasetInfo(*poDriver);
    poDriver->pfnOpen = Open;
    GetGDALDriverManager()->RegisterDriver(poDriver.release());
}

}  // namespace

/************************************************************************/
/*                        dggs_register_driver()                        */
/************************************************************************/

void dggs_register_driver(const DggsApi *psApi) noexcept
{
    try
    {
        RegisterDriver(psApi);
    }
    catch (const std::exception &oError)
    {
        CPLError(CE_Failure, CPLE_AppDefined,
                 "The DGGS driver cannot be registered: %s", oError.what());
    }
}
