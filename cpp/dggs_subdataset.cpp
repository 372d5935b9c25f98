/* Names of subdatasets, taken apart for GDAL: see dggs_raster.h. */
#include "dggs_raster.h"

#ifdef DGGS_HAS_SUBDATASET_INFO

namespace
{

/** Of `DGGS:"path":/group/array`, quotes optional. */
class DGGSSubdatasetInfo final : public GDALSubdatasetInfo
{
    const DGGSHandle<DggsStrings> m_hParts;

    void parseFileName() override
    {
        const std::string osPath = m_hParts->items[0];
        const auto nPos = m_fileName.find(':');
        m_isQuoted = m_fileName.compare(nPos + 1, 1, "\"") == 0;
        m_driverPrefixComponent = m_fileName.substr(0, nPos);
        m_pathComponent = m_isQuoted ? '"' + osPath + '"' : osPath;
        m_cleanedPathComponent = osPath;
        m_subdatasetComponent = m_hParts->items[1];
    }

  public:
    DGGSSubdatasetInfo(const char *pszName, DGGSHandle<DggsStrings> &&hParts)
        : GDALSubdatasetInfo(pszName), m_hParts(std::move(hParts))
    {
    }
};

GDALSubdatasetInfo *GetSubdatasetInfo(const char *pszName)
{
    auto hParts = DGGSFetch<DggsStrings>(g_psDggsApi->split_name, pszName);
    if (!hParts || hParts->count != 2)
        return nullptr;
    return new DGGSSubdatasetInfo(pszName, std::move(hParts));
}

}  // namespace

void DGGSSetSubdatasetInfo(GDALDriver &oDriver)
{
    oDriver.pfnGetSubdatasetInfoFunc = GetSubdatasetInfo;
}

#else

void DGGSSetSubdatasetInfo(GDALDriver &)
{
}

#endif
