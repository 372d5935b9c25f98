/* The layers of a store: see dggs_layer.h. */
#include "dggs_layer.h"

/************************************************************************/
/*                             DGGSLayerList                            */
/************************************************************************/

void DGGSLayerList::SetSource(GDALDataset *poDS, const GDALOpenInfo *poOpenInfo,
                              bool bForced)
{
    m_poDS = poDS;
    m_osName = poOpenInfo->pszFilename;
    m_aosOptions = CPLStringList(
        const_cast<CSLConstList>(poOpenInfo->papszOpenOptions));
    m_bIsDirectory = poOpenInfo->bIsDirectory != FALSE;
    m_bForced = bForced;
}

bool DGGSLayerList::Open()
{
    GDALDataset *const poDS = m_poDS;
    m_poDS = nullptr;  // whatever comes of it, it is done once
    auto hRoot = std::move(m_hRoot);
    if (!hRoot)
    {
        const DGGSPairList oOptions(m_aosOptions.List());
        DggsOpenRequest sRequest = {};
        sRequest.name = m_osName.c_str();
        sRequest.options = oOptions.Get();
        sRequest.is_directory = m_bIsDirectory;
        sRequest.forced = m_bForced;
        hRoot = DGGSFetch<DggsGroup>(
            g_psDggsApi->open_root,
            static_cast<const DggsOpenRequest *>(&sRequest));
    }
    if (!hRoot)
        return false;
    const auto hLayers = DGGSFetch<DggsLayers>(
        g_psDggsApi->open_layers, static_cast<const DggsGroup *>(hRoot.get()));
    size_t nCount = 0;
    if (!hLayers ||
        !DGGSCheck(g_psDggsApi->layers_count,
                   static_cast<const DggsLayers *>(hLayers.get()), &nCount))
        return false;
    for (size_t i = 0; i < nCount; ++i)
    {
        auto poLayer = DGGSLayer::Create(
            poDS, DGGSFetch<DggsLayer>(
                      g_psDggsApi->layers_get,
                      static_cast<const DggsLayers *>(hLayers.get()), i));
        if (!poLayer)
        {
            m_apoLayers.clear();
            return false;
        }
        m_apoLayers.push_back(std::move(poLayer));
    }
    return true;
}

bool DGGSLayerList::OpenQuietly(std::string &osError)
{
    CPLErrorStateBackuper oBackuper;
    CPLErrorHandlerPusher oQuiet(CPLQuietErrorHandler);
    const bool bOpened = Open();
    if (!bOpened)
        osError = CPLGetLastErrorMsg();
    return bOpened;
}

const std::vector<std::unique_ptr<OGRLayer>> &DGGSLayerList::Get()
{
    std::string osError;
    if (m_poDS != nullptr && !OpenQuietly(osError) && !osError.empty())
    {
        CPLError(CE_Warning, CPLE_AppDefined, "There are no layers: %s",
                 osError.c_str());
    }
    return m_apoLayers;
}
