/* GDAL's multidimensional classes over Rust's groups and arrays. */
#ifndef DGGS_MULTIDIM_H_INCLUDED
#define DGGS_MULTIDIM_H_INCLUDED

#include "dggs_handle.h"

#include "cpl_string.h"
#include "ogr_spatialref.h"

#include <mutex>

class DGGSGroup;
class DGGSArray;

/************************************************************************/
/*                               DGGSStore                              */
/************************************************************************/

/** The opened store, shared by all groups, arrays and dimensions of it,
 * which therefore outlive the dataset. */
class DGGSStore final : public std::enable_shared_from_this<DGGSStore>
{
    const std::string m_osFilename;
    const DGGSHandle<DggsGroup> m_hRoot;

    DGGSStore(const std::string &osFilename, DGGSHandle<DggsGroup> &&hRoot)
        : m_osFilename(osFilename), m_hRoot(std::move(hRoot))
    {
    }

  public:
    static std::shared_ptr<DGGSStore> Create(const std::string &osFilename,
                                             DGGSHandle<DggsGroup> &&hRoot)
    {
        return std::shared_ptr<DGGSStore>(
            new DGGSStore(osFilename, std::move(hRoot)));
    }

    /** What the user opened. */
    const std::string &GetFilename() const
    {
        return m_osFilename;
    }

    /** The group of that full name, or NULL. */
    std::shared_ptr<GDALGroup> OpenGroup(const std::string &osFullName);

    /** The array of that full name, or NULL. */
    std::shared_ptr<GDALMDArray> OpenMDArray(const std::string &osFullName);
};

/************************************************************************/
/*                               DGGSGroup                              */
/************************************************************************/

class DGGSGroup final : public DGGSGroupBase
{
    const std::shared_ptr<DGGSStore> m_poStore;
    const DGGSHandle<DggsGroup> m_hGroup;
    CPLStringList m_aosStructuralInfo{};

    DGGSGroup(const std::shared_ptr<DGGSStore> &poStore,
              DGGSHandle<DggsGroup> &&hGroup, const DggsGroupInfo &sInfo);

    using NamesSlot = decltype(DggsApi::group_group_names);
    std::vector<std::string> GetNames(NamesSlot pfnSlot) const;

  public:
    /** NULL when `hGroup` is, and on error. */
    static std::shared_ptr<GDALGroup>
    Create(const std::shared_ptr<DGGSStore> &poStore,
           DGGSHandle<DggsGroup> &&hGroup);

    std::vector<std::string>
    GetMDArrayNames(CSLConstList papszOptions = nullptr) const override;
    std::shared_ptr<GDALMDArray>
    OpenMDArray(const std::string &osName,
                CSLConstList papszOptions = nullptr) const override;

    std::vector<std::string>
    GetGroupNames(CSLConstList papszOptions = nullptr) const override;
    std::shared_ptr<GDALGroup>
    OpenGroup(const std::string &osName,
              CSLConstList papszOptions = nullptr) const override;

    std::vector<std::shared_ptr<GDALDimension>>
    GetDimensions(CSLConstList papszOptions = nullptr) const override;

    std::shared_ptr<GDALAttribute>
    GetAttribute(const std::string &osName) const override;
    std::vector<std::shared_ptr<GDALAttribute>>
    GetAttributes(CSLConstList papszOptions = nullptr) const override;

    CSLConstList GetStructuralInfo() const override
    {
        return m_aosStructuralInfo.List();
    }
};

/************************************************************************/
/*                               DGGSArray                              */
/************************************************************************/

class DGGSArray final : public GDALMDArray
{
    const std::shared_ptr<DGGSStore> m_poStore;
    const DGGSHandle<DggsArray> m_hArray;
    const DggsArrayInfo &m_sInfo;  // of m_hArray
    const GDALExtendedDataType m_oType;
    const std::vector<std::shared_ptr<GDALDimension>> m_apoDimensions;
    const std::string m_osUnit;
    const CPLStringList m_aosStructuralInfo;

    mutable std::mutex m_oSRSMutex{};
    mutable bool m_bSRSTried = false;
    mutable std::shared_ptr<OGRSpatialReference> m_poSRS{};

    DGGSArray(const std::shared_ptr<DGGSStore> &poStore,
              DGGSHandle<DggsArray> &&hArray, const DggsArrayInfo &sInfo);

    bool ReadConverted(const DggsWindow &sWindow,
                       const GPtrDiff_t *panBufferStride,
                       const GDALExtendedDataType &oBufferType,
                       GByte *pabyBuffer) const;
    bool ReadInHalves(const DggsWindow &sWindow,
                      const GPtrDiff_t *panBufferStride,
                      const GDALExtendedDataType &oBufferType,
                      GByte *pabyBuffer) const;
    bool ReadDense(const DggsWindow &sWindow, size_t nElements,
                   void *pBuffer) const;

  protected:
    bool IRead(const GUInt64 *arrayStartIdx, const size_t *count,
               const GInt64 *arrayStep, const GPtrDiff_t *bufferStride,
               const GDALExtendedDataType &bufferDataType,
               void *pDstBuffer) const override;

    bool IAdviseRead(const GUInt64 *arrayStartIdx, const size_t *count,
                     CSLConstList papszOptions) const override;

    // GDAL would look for <filename>.gmac at each reading
    bool IsCacheable() const override
    {
        return false;
    }

  public:
    /** NULL when `hArray` is, and on error. */
    static std::shared_ptr<GDALMDArray>
    Create(const std::shared_ptr<DGGSStore> &poStore,
           DGGSHandle<DggsArray> &&hArray);

    bool IsWritable() const override
    {
        return false;
    }

    const std::string &GetFilename() const override
    {
        return m_poStore->GetFilename();
    }

    const std::vector<std::shared_ptr<GDALDimension>> &
    GetDimensions() const override
    {
        return m_apoDimensions;
    }

    const GDALExtendedDataType &GetDataType() const override
    {
        return m_oType;
    }

    std::shared_ptr<GDALAttribute>
    GetAttribute(const std::string &osName) const override;
    std::vector<std::shared_ptr<GDALAttribute>>
    GetAttributes(CSLConstList papszOptions = nullptr) const override;

    const std::string &GetUnit() const override
    {
        return m_osUnit;
    }

    const void *GetRawNoDataValue() const override
    {
        return m_sInfo.nodata;
    }

    double GetOffset(bool *pbHasOffset,
                     GDALDataType *peStorageType) const override;
    double GetScale(bool *pbHasScale,
                    GDALDataType *peStorageType) const override;

    std::shared_ptr<OGRSpatialReference> GetSpatialRef() const override;
    std::vector<std::shared_ptr<GDALMDArray>>
    GetCoordinateVariables() const override;
    int GetOverviewCount() const DGGS_OVERRIDE_SINCE_3_13;
    std::shared_ptr<GDALMDArray>
    GetOverview(int nIdx) const DGGS_OVERRIDE_SINCE_3_13;
    std::vector<GUInt64> GetBlockSize() const override;

    CSLConstList GetStructuralInfo() const override
    {
        return m_aosStructuralInfo.List();
    }

    std::shared_ptr<GDALGroup> GetRootGroup() const DGGS_OVERRIDE_SINCE_3_8
    {
        return m_poStore->OpenGroup("/");
    }
};

/************************************************************************/
/*                             DGGSDimension                            */
/************************************************************************/

class DGGSDimension final : public GDALDimension
{
    const std::shared_ptr<DGGSStore> m_poStore;
    const std::string m_osIndexingVariable;  // full name, or empty

  public:
    DGGSDimension(const std::shared_ptr<DGGSStore> &poStore,
                  const DggsDimension &sDimension);

    /** Opens the variable anew: holding it here would make a cycle, as it
     * holds this dimension. */
    std::shared_ptr<GDALMDArray> GetIndexingVariable() const override;
};

std::vector<std::shared_ptr<GDALDimension>>
DGGSMakeDimensions(const std::shared_ptr<DGGSStore> &poStore,
                   const DggsDimensions &sDimensions);

/************************************************************************/
/*                              Attributes                              */
/************************************************************************/

/** Copies of these attributes; `osParentName` is the full name of the object
 * that has them. */
std::vector<std::shared_ptr<GDALAttribute>>
DGGSMakeAttributes(const std::string &osParentName,
                   const DggsAttributes &sAttributes);

#endif /* DGGS_MULTIDIM_H_INCLUDED */
