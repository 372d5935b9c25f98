/* GDAL's multidimensional classes over Rust's groups and arrays. */
#ifndef DGGS_MULTIDIM_H_INCLUDED
#define DGGS_MULTIDIM_H_INCLUDED

#include "dggs_handle.h"

#include "cpl_string.h"
#include "ogr_spatialref.h"

#include <atomic>
#include <map>
#include <mutex>
#include <tuple>

class DGGSGroup;
class DGGSArray;
class DGGSDimension;

/************************************************************************/
/*                               DGGSStore                              */
/************************************************************************/

/** The opened store, shared by all groups, arrays and dimensions of it,
 * which therefore outlive the dataset.
 *
 * One that is written knows its groups, arrays and dimensions that are in use,
 * so that there is one object each, and counts its changes: a handle of Rust
 * shows what was there when it was opened, and is fetched anew when it has
 * seen fewer changes. */
class DGGSStore final : public std::enable_shared_from_this<DGGSStore>
{
    const std::string m_osFilename;
    std::shared_ptr<DggsGroup> m_poRoot;
    const bool m_bWritable;
    std::atomic<unsigned> m_nChanges{0};
    std::atomic<bool> m_bTouched;  // since the last closing

    using DimensionKey = std::tuple<std::string, std::string, GUInt64>;
    mutable std::mutex m_oRootMutex{};
    std::mutex m_oMutex{};
    std::map<std::string, std::weak_ptr<DGGSGroup>> m_oGroups{};
    std::map<std::string, std::weak_ptr<DGGSArray>> m_oArrays{};
    std::map<DimensionKey, std::weak_ptr<DGGSDimension>> m_oDimensions{};

    std::shared_ptr<DggsGroup> GetRoot() const;

    DGGSStore(const std::string &osFilename, DGGSHandle<DggsGroup> &&hRoot,
              bool bWritable, bool bNew)
        : m_osFilename(osFilename), m_poRoot(std::move(hRoot)),
          m_bWritable(bWritable), m_bTouched(bNew)
    {
    }

  public:
    /** `bNew`: it was just created. NULL on error. */
    static std::shared_ptr<DGGSStore> Create(const std::string &osFilename,
                                             DGGSHandle<DggsGroup> &&hRoot,
                                             bool bNew);
    ~DGGSStore();

    /** What the user opened. */
    const std::string &GetFilename() const
    {
        return m_osFilename;
    }

    bool IsWritable() const
    {
        return m_bWritable;
    }

    /** Number of changes so far. */
    unsigned GetChanges() const
    {
        return m_nChanges;
    }

    /** Elements were written. */
    void Touch()
    {
        m_bTouched = true;
    }

    /** Something else than elements was changed. */
    void Changed()
    {
        m_bTouched = true;
        ++m_nChanges;
    }

    /** Stores all metadata; `bClosing` when nothing more is expected. */
    bool Flush(bool bClosing);

    /** Builds or removes coarser levels of an array, after all that was
     * changed is stored as on closing. */
    bool BuildOverviews(const std::string &osFullName,
                        const char *pszResampling, int nOverviews,
                        const int *panOverviewList,
                        GDALProgressFunc pfnProgress, void *pProgressData,
                        CSLConstList papszOptions);

    /** The group of that full name, or NULL. */
    std::shared_ptr<GDALGroup> OpenGroup(const std::string &osFullName);

    /** The array of that full name, or NULL. */
    std::shared_ptr<GDALMDArray> OpenMDArray(const std::string &osFullName);

    /** New handles of what is at `osFullName`; NULL on error and where there
     * is nothing any more. */
    DGGSHandle<DggsGroup> FetchGroup(const std::string &osFullName) const;
    DGGSHandle<DggsArray> FetchArray(const std::string &osFullName) const;

    /** The object of a handle, the one that is in use where there is one;
     * NULL for a NULL handle and on error. */
    std::shared_ptr<GDALGroup> TakeGroup(DGGSHandle<DggsGroup> &&hGroup);
    std::shared_ptr<GDALMDArray> TakeArray(DGGSHandle<DggsArray> &&hArray);
    std::shared_ptr<DGGSDimension> TakeDimension(const DggsDimension &sDim);

    /** The axis has another size now. */
    void Resized(const GDALDimension &oDimension, GUInt64 nNewSize);

    /** What was at `osOldName` is at `osNewName` now, with all that is in it. */
    void Renamed(const std::string &osOldName, const std::string &osNewName);

    /** What was at `osFullName`, and all that was in it, is gone. */
    void Deleted(const std::string &osFullName);
};

/************************************************************************/
/*                         DGGSAttributeHolder                          */
/************************************************************************/

/** A group or an array as its attributes see it. */
class DGGSAttributeHolder
{
  public:
    virtual ~DGGSAttributeHolder() = default;

    virtual bool StoreAttribute(const DggsAttribute &sAttribute) = 0;
    virtual bool RemoveAttribute(const std::string &osName) = 0;
};

/** Copies of these attributes; `osParentName` is the full name of the object
 * that has them, `poHolder` that object where it can be written. */
std::vector<std::shared_ptr<GDALAttribute>>
DGGSMakeAttributes(const std::string &osParentName,
                   const std::shared_ptr<DGGSAttributeHolder> &poHolder,
                   const DggsAttributes &sAttributes);

/** A new attribute, stored with zeros or empty texts; NULL on error. */
std::shared_ptr<GDALAttribute>
DGGSCreateAttribute(const std::string &osParentName,
                    const std::shared_ptr<DGGSAttributeHolder> &poHolder,
                    const std::string &osName,
                    const std::vector<GUInt64> &anDimensions,
                    const GDALExtendedDataType &oDataType);

/************************************************************************/
/*                               DGGSGroup                              */
/************************************************************************/

class DGGSGroup final : public DGGSGroupBase, public DGGSAttributeHolder
{
    const std::shared_ptr<DGGSStore> m_poStore;
    std::weak_ptr<DGGSGroup> m_poThis{};
    CPLStringList m_aosStructuralInfo{};

    mutable std::mutex m_oMutex{};
    mutable std::shared_ptr<DggsGroup> m_hGroup;
    mutable unsigned m_nSeen;
    bool m_bDeleted = false;

    DGGSGroup(const std::shared_ptr<DGGSStore> &poStore,
              DGGSHandle<DggsGroup> &&hGroup, const DggsGroupInfo &sInfo);

    /** The newest handle; NULL, with an error, when the group is gone. */
    std::shared_ptr<DggsGroup> GetHandle() const;

    using NamesSlot = decltype(DggsApi::group_group_names);
    std::vector<std::string> GetNames(NamesSlot pfnSlot) const;
    std::string GetChildName(const std::string &osName) const;
    std::string GetAttributeParentName() const;
    std::shared_ptr<DGGSAttributeHolder> GetHolder() const;

  public:
    /** NULL when `hGroup` is, and on error. */
    static std::shared_ptr<DGGSGroup>
    Create(const std::shared_ptr<DGGSStore> &poStore,
           DGGSHandle<DggsGroup> &&hGroup);

    /** It has another name now, or is gone. */
    void SetFullName(const std::string &osFullName);
    void SetDeleted();

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

    std::shared_ptr<GDALGroup>
    CreateGroup(const std::string &osName,
                CSLConstList papszOptions = nullptr) override;
    std::shared_ptr<GDALDimension>
    CreateDimension(const std::string &osName, const std::string &osType,
                    const std::string &osDirection, GUInt64 nSize,
                    CSLConstList papszOptions = nullptr) override;
    std::shared_ptr<GDALMDArray> CreateMDArray(
        const std::string &osName,
        const std::vector<std::shared_ptr<GDALDimension>> &aoDimensions,
        const GDALExtendedDataType &oDataType,
        CSLConstList papszOptions = nullptr) override;
    std::shared_ptr<GDALAttribute>
    CreateAttribute(const std::string &osName,
                    const std::vector<GUInt64> &anDimensions,
                    const GDALExtendedDataType &oDataType,
                    CSLConstList papszOptions = nullptr) override;

    bool DeleteGroup(const std::string &osName,
                     CSLConstList papszOptions) DGGS_OVERRIDE_SINCE_3_8;
    bool DeleteMDArray(const std::string &osName,
                       CSLConstList papszOptions) DGGS_OVERRIDE_SINCE_3_8;
    bool DeleteAttribute(const std::string &osName,
                         CSLConstList papszOptions) DGGS_OVERRIDE_SINCE_3_8;
    bool Rename(const std::string &osNewName) DGGS_OVERRIDE_SINCE_3_8;

    bool StoreAttribute(const DggsAttribute &sAttribute) override;
    bool RemoveAttribute(const std::string &osName) override;
};

/************************************************************************/
/*                               DGGSArray                              */
/************************************************************************/

class DGGSArray final : public GDALMDArray, public DGGSAttributeHolder
{
    /** The array as a handle shows it. */
    struct State
    {
        const DGGSHandle<DggsArray> hArray;
        const DggsArrayInfo &sInfo;  // of hArray
        const std::string osUnit;
        const CPLStringList aosStructuralInfo;

        State(DGGSHandle<DggsArray> &&hArrayIn, const DggsArrayInfo &sInfoIn);
    };

    const std::shared_ptr<DGGSStore> m_poStore;
    std::weak_ptr<DGGSArray> m_poThis{};
    const GDALExtendedDataType m_oType;
    const std::vector<std::shared_ptr<GDALDimension>> m_apoDimensions;

    mutable std::mutex m_oMutex{};
    // Those before the last one: what they gave out may still be in use.
    mutable std::vector<std::shared_ptr<const State>> m_apoStates{};
    mutable unsigned m_nSeen;
    bool m_bDeleted = false;

    mutable std::mutex m_oSRSMutex{};
    mutable std::shared_ptr<const State> m_poSRSState{};
    mutable std::shared_ptr<OGRSpatialReference> m_poSRS{};

    DGGSArray(const std::shared_ptr<DGGSStore> &poStore,
              const std::shared_ptr<const State> &poState);

    /** The newest state; when the array is gone, an error and the last one. */
    std::shared_ptr<const State> GetState(bool *pbGone = nullptr) const;
    std::shared_ptr<DGGSAttributeHolder> GetHolder() const;

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

    bool WriteConverted(const DggsWindow &sWindow,
                        const GPtrDiff_t *panBufferStride,
                        const GDALExtendedDataType &oBufferType,
                        const GByte *pabyBuffer);
    bool WriteDense(const DggsWindow &sWindow, size_t nElements,
                    const void *pBuffer);

    /** Calls a slot of the table that changes the array. */
    template <class... Slot, class... Args>
    bool Change(DggsStatus (*pfnSlot)(Slot...), Args... args)
    {
        bool bGone = false;
        const auto poState = GetState(&bGone);
        const auto *psArray = static_cast<const DggsArray *>(poState->hArray.get());
        const bool bOK = !bGone && DGGSCheck(pfnSlot, psArray, args...);
        m_poStore->Changed();
        return bOK;
    }

  protected:
    bool IRead(const GUInt64 *arrayStartIdx, const size_t *count,
               const GInt64 *arrayStep, const GPtrDiff_t *bufferStride,
               const GDALExtendedDataType &bufferDataType,
               void *pDstBuffer) const override;

    bool IWrite(const GUInt64 *arrayStartIdx, const size_t *count,
                const GInt64 *arrayStep, const GPtrDiff_t *bufferStride,
                const GDALExtendedDataType &bufferDataType,
                const void *pSrcBuffer) override;

    bool IAdviseRead(const GUInt64 *arrayStartIdx, const size_t *count,
                     CSLConstList papszOptions) const override;

    // GDAL would look for <filename>.gmac at each reading
    bool IsCacheable() const override
    {
        return false;
    }

  public:
    /** NULL when `hArray` is, and on error. */
    static std::shared_ptr<DGGSArray>
    Create(const std::shared_ptr<DGGSStore> &poStore,
           DGGSHandle<DggsArray> &&hArray);

    /** It has another name now, or is gone. */
    void SetFullName(const std::string &osFullName);
    void SetDeleted();

    bool IsWritable() const override
    {
        return GetState()->sInfo.is_writable;
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
        return GetState()->osUnit;
    }

    const void *GetRawNoDataValue() const override
    {
        return GetState()->sInfo.nodata;
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
    CPLErr BuildOverviews(const char *pszResampling, int nOverviews,
                          const int *panOverviewList,
                          GDALProgressFunc pfnProgress, void *pProgressData,
                          CSLConstList papszOptions) DGGS_OVERRIDE_SINCE_3_13;
    std::vector<GUInt64> GetBlockSize() const override;

    CSLConstList GetStructuralInfo() const override
    {
        return GetState()->aosStructuralInfo.List();
    }

    std::shared_ptr<GDALGroup> GetRootGroup() const DGGS_OVERRIDE_SINCE_3_8
    {
        return m_poStore->OpenGroup("/");
    }

    std::shared_ptr<GDALAttribute>
    CreateAttribute(const std::string &osName,
                    const std::vector<GUInt64> &anDimensions,
                    const GDALExtendedDataType &oDataType,
                    CSLConstList papszOptions = nullptr) override;
    bool DeleteAttribute(const std::string &osName,
                         CSLConstList papszOptions) DGGS_OVERRIDE_SINCE_3_8;

    bool SetUnit(const std::string &osUnit) override;
    bool SetSpatialRef(const OGRSpatialReference *poSRS) override;
    bool SetRawNoDataValue(const void *pRawNoData) override;
    bool SetOffset(double dfOffset, GDALDataType eStorageType) override;
    bool SetScale(double dfScale, GDALDataType eStorageType) override;
    bool Resize(const std::vector<GUInt64> &anNewDimSizes,
                CSLConstList papszOptions) DGGS_OVERRIDE_SINCE_3_7;
    bool Rename(const std::string &osNewName) DGGS_OVERRIDE_SINCE_3_8;

    bool StoreAttribute(const DggsAttribute &sAttribute) override;
    bool RemoveAttribute(const std::string &osName) override;
};

/************************************************************************/
/*                             DGGSDimension                            */
/************************************************************************/

class DGGSDimension final : public GDALDimension
{
    const std::shared_ptr<DGGSStore> m_poStore;
    const std::string m_osGroup;
    std::string m_osIndexingVariable{};  // full name, or empty

  public:
    DGGSDimension(const std::shared_ptr<DGGSStore> &poStore,
                  const DggsDimension &sDimension);

    /** Full name of the group that defines it. */
    const std::string &GetGroupName() const
    {
        return m_osGroup;
    }

    void Resized(GUInt64 nSize)
    {
        m_nSize = nSize;
    }

    void SetIndexingVariableName(const char *pszFullName);

    /** Opens the variable anew: holding it here would make a cycle, as it
     * holds this dimension. */
    std::shared_ptr<GDALMDArray> GetIndexingVariable() const override;

    /** Zarr knows indexing variables by their names: true for the one that is
     * found so, an error for others. */
    bool SetIndexingVariable(
        std::shared_ptr<GDALMDArray> poIndexingVariable) override;
};

std::vector<std::shared_ptr<GDALDimension>>
DGGSMakeDimensions(const std::shared_ptr<DGGSStore> &poStore,
                   const DggsDimensions &sDimensions);

/************************************************************************/
/*                                 Types                                */
/************************************************************************/

/** A type of Rust's as GDAL's. */
GDALExtendedDataType DGGSMakeType(const DggsDataType &sType);

/** A type of GDAL's as Rust's, which borrows from this object and from the
 * type. */
class DGGSTypeOf
{
    std::vector<std::unique_ptr<DGGSTypeOf>> m_apoFieldTypes{};
    std::vector<DggsField> m_asFields{};
    DggsDataType m_sType{};

  public:
    explicit DGGSTypeOf(const GDALExtendedDataType &oType);

    const DggsDataType &Get() const
    {
        return m_sType;
    }
};

/************************************************************************/
/*                                Windows                               */
/************************************************************************/

/** Frees what VSIMalloc() gave. */
struct DGGSBufferFree
{
    void operator()(void *pBuffer) const
    {
        VSIFree(pBuffer);
    }
};

using DGGSBuffer = std::unique_ptr<GByte, DGGSBufferFree>;

/** What is converted goes through a buffer of at most so many bytes. */
constexpr size_t DGGS_MAX_BUFFER_BYTES = 64 * 1024 * 1024;

/** Number of elements of a window; the largest number when there are more
 * than that. */
size_t DGGSCountElements(const DggsWindow &sWindow);

/** Bytes between elements along each axis of a dense window of elements of
 * `nSize` bytes. */
std::vector<ptrdiff_t> DGGSDenseStrides(const DggsWindow &sWindow,
                                        size_t nSize);

/** Calls `oAction(half, elements from the buffer's start)` for the two halves
 * of a window of several elements, along its first axis that is not 1. */
template <class Action>
bool DGGSInHalves(const DggsWindow &sWindow, const GPtrDiff_t *panBufferStride,
                  Action &&oAction)
{
    const size_t nDims = sWindow.dimension_count;
    std::vector<uint64_t> anStart(sWindow.start, sWindow.start + nDims);
    std::vector<size_t> anCount(sWindow.count, sWindow.count + nDims);
    size_t iDim = 0;
    while (anCount[iDim] == 1)
        ++iDim;
    const size_t nFirst = anCount[iDim] / 2;
    const DggsWindow sHalf = {nDims, anStart.data(), anCount.data(),
                              sWindow.step};

    anCount[iDim] = nFirst;
    if (!oAction(sHalf, GPtrDiff_t(0)))
        return false;
    anCount[iDim] = sWindow.count[iDim] - nFirst;
    anStart[iDim] += static_cast<uint64_t>(sWindow.step[iDim]) * nFirst;
    return oAction(sHalf,
                   static_cast<GPtrDiff_t>(nFirst) * panBufferStride[iDim]);
}

/** Calls `oAction(position in C order, offset in the buffer in elements)`
 * for each element of a window. */
template <class Action>
bool DGGSForEachElement(const DggsWindow &sWindow, size_t nElements,
                        const GPtrDiff_t *panBufferStride, Action &&oAction)
{
    const size_t nDims = sWindow.dimension_count;
    std::vector<size_t> anIdx(nDims);
    GPtrDiff_t nOffset = 0;
    for (size_t i = 0; i < nElements; ++i)
    {
        if (!oAction(i, nOffset))
            return false;
        for (size_t iDim = nDims; iDim-- > 0;)
        {
            if (++anIdx[iDim] < sWindow.count[iDim])
            {
                nOffset += panBufferStride[iDim];
                break;
            }
            nOffset -= static_cast<GPtrDiff_t>(sWindow.count[iDim] - 1) *
                       panBufferStride[iDim];
            anIdx[iDim] = 0;
        }
    }
    return true;
}

#endif /* DGGS_MULTIDIM_H_INCLUDED */
