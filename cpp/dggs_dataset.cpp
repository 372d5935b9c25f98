/* See dggs_dataset.h. */
#include "dggs_dataset.h"

namespace
{

// clang-format off

/** The grid: of a data set, of a copy. */
#define GRID_OPTIONS \
    "<Option name='DGGRS' type='string' description='Grid: HEALPix, rHEALPix, H3, ISEA3H, ISEA4H, ISEA7H, ISEA4T, " \
    "ISEA4D, IGEO7'/>" \
    "<Option name='LEVEL' type='string' description='Refinement level; AUTO in a copy: the coarsest whose zones are " \
    "not larger than pixels'/>" \
    "<Option name='INDEXING' type='string' description='Zone id scheme; HEALPix: nested, ring, nuniq, zuniq; ISEA: " \
    "SEQNUM, Q2DI, PROJTRI, Z3, Z7'/>" \
    "<Option name='ELLIPSOID' type='string' description='Surface of the grid: sphere, WGS84, GRS80, or a,invf'/>" \
    "<Option name='LON_0' type='float' description='Orientation of the grid: longitude in degrees'/>" \
    "<Option name='LAT_0' type='float' description='Orientation of the grid: latitude in degrees'/>" \
    "<Option name='AZIMUTH' type='float' description='Orientation of the grid: azimuth in degrees'/>"

/** How it is stored. */
#define STORE_OPTIONS \
    "<Option name='CONVENTION' type='string-select' default='AUTO' description='How the store describes its grid'>" \
    "<Value>AUTO</Value>" \
    "<Value>XDGGS</Value>" \
    "<Value>ZARR_DGGS</Value>" \
    "<Value>ZARR_DGGS_C</Value>" \
    "<Value>CF</Value>" \
    "<Value>DGGS_SPEC</Value>" \
    "<Value>DGGS_JL</Value>" \
    "</Option>" \
    "<Option name='FORMAT' type='string-select' default='ZARR_V3' description='Version of Zarr'>" \
    "<Value>ZARR_V3</Value>" \
    "<Value>ZARR_V2</Value>" \
    "</Option>" \
    "<Option name='COMPRESS' type='string-select' default='ZSTD' description='Compression of chunks'>" \
    "<Value>ZSTD</Value>" \
    "<Value>BLOSC</Value>" \
    "<Value>GZIP</Value>" \
    "<Value>NONE</Value>" \
    "</Option>" \
    "<Option name='COMPRESS_LEVEL' type='int' description='ZSTD: 1 to 22, BLOSC and GZIP: 0 to 9'/>" \
    "<Option name='CHUNK_LEVEL' type='int' min='0' description='One chunk is one zone of this level'/>" \
    "<Option name='SHARD_LEVEL' type='int' min='0' description='One shard is one zone of this level (ZARR_V3)'/>"

/** How a copy is made. */
#define COPY_OPTIONS \
    "<Option name='RESAMPLING' type='string-select' default='NEAREST' description='How zones get their values'>" \
    "<Value>NEAREST</Value>" \
    "<Value>BILINEAR</Value>" \
    "<Value>AVERAGE</Value>" \
    "<Value>SUM</Value>" \
    "<Value>MODE</Value>" \
    "<Value>MIN</Value>" \
    "<Value>MAX</Value>" \
    "</Option>" \
    "<Option name='COVERAGE' type='string-select' default='AUTO' description='Which zones are there'>" \
    "<Value>AUTO</Value>" \
    "<Value>GLOBAL</Value>" \
    "<Value>SOURCE</Value>" \
    "</Option>" \
    "<Option name='PYRAMID' type='string' default='NO' description='Coarser levels: NO, YES, or a list of levels'/>" \
    "<Option name='PYRAMID_RESAMPLING' type='string-select' description='How coarser zones get their values; default " \
    "AVERAGE, MODE for classes'>" \
    "<Value>NEAREST</Value>" \
    "<Value>AVERAGE</Value>" \
    "<Value>SUM</Value>" \
    "<Value>MODE</Value>" \
    "<Value>MIN</Value>" \
    "<Value>MAX</Value>" \
    "</Option>" \
    "<Option name='MAX_MEMORY' type='string' default='512MB' description='Bound of the working memory'/>" \
    "<Option name='NUM_THREADS' type='string' default='ALL_CPUS' description='Number of threads, or ALL_CPUS'/>" \
    "<Option name='RESUME' type='boolean' default='NO' description='Continue a copy that was stopped'/>"

constexpr const char *CREATION_OPTION_LIST =
    "<CreationOptionList>"
    GRID_OPTIONS
    COPY_OPTIONS
    STORE_OPTIONS
    "</CreationOptionList>";

/** CreateCopy() of a multidimensional source is held against this list too. */
constexpr const char *DATASET_OPTION_LIST =
    "<MultiDimDatasetCreationOptionList>"
    GRID_OPTIONS
    COPY_OPTIONS
    STORE_OPTIONS
    "</MultiDimDatasetCreationOptionList>";

constexpr const char *GROUP_OPTION_LIST =
    "<MultiDimGroupCreationOptionList>"
    "<Option name='LEVEL' type='int' min='0' description='Refinement level of the zones in this group'/>"
    "</MultiDimGroupCreationOptionList>";

constexpr const char *DIMENSION_OPTION_LIST =
    "<MultiDimDimensionCreationOptionList>"
    "<Option name='LEVEL' type='int' min='0' description='Refinement level of the zones on a dimension of type "
    "DGGS_ZONE'/>"
    "</MultiDimDimensionCreationOptionList>";

constexpr const char *ARRAY_OPTION_LIST =
    "<MultiDimArrayCreationOptionList>"
    "<Option name='COMPRESS' type='string-select' description='Compression of chunks; default: that of the data set'>"
    "<Value>ZSTD</Value>"
    "<Value>BLOSC</Value>"
    "<Value>GZIP</Value>"
    "<Value>NONE</Value>"
    "</Option>"
    "<Option name='ZSTD_LEVEL' type='int' min='1' max='22' default='3' description='With COMPRESS=ZSTD'/>"
    "<Option name='GZIP_LEVEL' type='int' min='0' max='9' default='6' description='With COMPRESS=GZIP'/>"
    "<Option name='BLOSC_CNAME' type='string-select' default='lz4' description='With COMPRESS=BLOSC'>"
    "<Value>blosclz</Value>"
    "<Value>lz4</Value>"
    "<Value>lz4hc</Value>"
    "<Value>zlib</Value>"
    "<Value>zstd</Value>"
    "</Option>"
    "<Option name='BLOSC_CLEVEL' type='int' min='0' max='9' default='5' description='With COMPRESS=BLOSC'/>"
    "<Option name='BLOSC_SHUFFLE' type='string-select' default='BYTE' description='With COMPRESS=BLOSC'>"
    "<Value alias='0'>NONE</Value>"
    "<Value alias='1'>BYTE</Value>"
    "<Value alias='2'>BIT</Value>"
    "</Option>"
    "<Option name='BLOCKSIZE' type='string' description='Size of a chunk along each dimension, separated by commas'/>"
    "<Option name='SHARDSIZE' type='string' description='Size of a shard along each dimension, separated by commas; "
    "NONE for no shards (ZARR_V3)'/>"
    "<Option name='CHUNK_LEVEL' type='int' min='0' description='One chunk is one zone of this level'/>"
    "<Option name='SHARD_LEVEL' type='int' min='0' description='One shard is one zone of this level (ZARR_V3)'/>"
    "</MultiDimArrayCreationOptionList>";

constexpr const char *ATTRIBUTE_OPTION_LIST =
    "<MultiDimAttributeCreationOptionList/>";

// clang-format on

/************************************************************************/
/*                              DGGSDataset                             */
/************************************************************************/

class DGGSDataset final : public DGGSWrittenDataset
{
    const std::shared_ptr<DGGSStore> m_poStore;
    const std::shared_ptr<GDALGroup> m_poRootGroup;

  protected:
    bool Flush(bool bAtClosing) override
    {
        return m_poStore->Flush(bAtClosing);
    }

  public:
    DGGSDataset(const std::shared_ptr<DGGSStore> &poStore,
                const std::shared_ptr<GDALGroup> &poRootGroup)
        : m_poStore(poStore), m_poRootGroup(poRootGroup)
    {
        nRasterXSize = 0;
        nRasterYSize = 0;
        eAccess = poStore->IsWritable() ? GA_Update : GA_ReadOnly;
    }

    ~DGGSDataset() override
    {
        CloseOnce();
    }

    std::shared_ptr<GDALGroup> GetRootGroup() const override
    {
        return m_poRootGroup;
    }
};

}  // namespace

/************************************************************************/
/*                          DGGSMakeDataset()                           */
/************************************************************************/

GDALDataset *DGGSMakeDataset(const std::string &osName,
                             DGGSHandle<DggsGroup> &&hRoot, bool bNew)
{
    const auto poStore = DGGSStore::Create(osName, std::move(hRoot), bNew);
    const auto poRootGroup = poStore ? poStore->OpenGroup("/") : nullptr;
    if (!poRootGroup)
        return nullptr;
    auto poDS = std::make_unique<DGGSDataset>(poStore, poRootGroup);
    poDS->SetDescription(osName.c_str());
    return poDS.release();
}

/************************************************************************/
/*                     DGGSCreateMultiDimensional()                     */
/************************************************************************/

GDALDataset *DGGSCreateMultiDimensional(const char *pszFilename,
                                        CSLConstList papszRootGroupOptions,
                                        CSLConstList papszOptions)
{
    CPLStringList aosOptions(CSLDuplicate(
        const_cast<char **>(papszRootGroupOptions)));
    aosOptions = CSLMerge(aosOptions.StealList(), papszOptions);
    const DGGSPairList oOptions(aosOptions.List());
    DggsCreateRequest sRequest;
    sRequest.name = pszFilename;
    sRequest.options = oOptions.Get();
    return DGGSMakeDataset(
        pszFilename,
        DGGSFetch<DggsGroup>(g_psDggsApi->create_root,
                             static_cast<const DggsCreateRequest *>(&sRequest)),
        true);
}

/************************************************************************/
/*                        DGGSDeclareCreation()                         */
/************************************************************************/

void DGGSDeclareCreation(GDALDriver &oDriver)
{
    oDriver.SetMetadataItem(GDAL_DCAP_CREATE_MULTIDIMENSIONAL, "YES");
    oDriver.SetMetadataItem(GDAL_DMD_CREATIONOPTIONLIST, CREATION_OPTION_LIST);
    oDriver.SetMetadataItem(GDAL_DMD_MULTIDIM_DATASET_CREATIONOPTIONLIST,
                            DATASET_OPTION_LIST);
    oDriver.SetMetadataItem(GDAL_DMD_MULTIDIM_GROUP_CREATIONOPTIONLIST,
                            GROUP_OPTION_LIST);
    oDriver.SetMetadataItem(GDAL_DMD_MULTIDIM_DIMENSION_CREATIONOPTIONLIST,
                            DIMENSION_OPTION_LIST);
    oDriver.SetMetadataItem(GDAL_DMD_MULTIDIM_ARRAY_CREATIONOPTIONLIST,
                            ARRAY_OPTION_LIST);
    oDriver.SetMetadataItem(GDAL_DMD_MULTIDIM_ATTRIBUTE_CREATIONOPTIONLIST,
                            ATTRIBUTE_OPTION_LIST);
    oDriver.pfnCreateMultiDimensional = DGGSCreateMultiDimensional;
}
