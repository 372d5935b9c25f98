/* Calls into Rust: RAII around its handles, and its status as a CPLError. */
#ifndef DGGS_HANDLE_H_INCLUDED
#define DGGS_HANDLE_H_INCLUDED

#include "dggs_abi.h"
#include "dggs_compat.h"

#include <memory>
#include <string>
#include <vector>

/** Rust's functions; set once by dggs_register_driver(). */
extern const DggsApi *g_psDggsApi;

/************************************************************************/
/*                              DGGSHandle                              */
/************************************************************************/

/** Ends what a slot of the table gave us, by the slot that belongs to it. */
struct DGGSFree
{
    void operator()(DggsGroup *psGroup) const
    {
        g_psDggsApi->free_group(psGroup);
    }

    void operator()(DggsArray *psArray) const
    {
        g_psDggsApi->free_array(psArray);
    }

    void operator()(DggsRaster *psRaster) const
    {
        g_psDggsApi->free_raster(psRaster);
    }

    void operator()(DggsLayers *psLayers) const
    {
        g_psDggsApi->free_layers(psLayers);
    }

    void operator()(DggsLayer *psLayer) const
    {
        g_psDggsApi->free_layer(psLayer);
    }

    void operator()(DggsFeatures *psFeatures) const
    {
        g_psDggsApi->free_features(psFeatures);
    }

    void operator()(DggsFeatureBatch *psBatch) const
    {
        g_psDggsApi->free_feature_batch(psBatch);
    }

    void operator()(DggsStrings *psStrings) const
    {
        g_psDggsApi->free_strings(psStrings);
    }

    void operator()(DggsDimensions *psDimensions) const
    {
        g_psDggsApi->free_dimensions(psDimensions);
    }

    void operator()(DggsAttributes *psAttributes) const
    {
        g_psDggsApi->free_attributes(psAttributes);
    }
};

template <class T> using DGGSHandle = std::unique_ptr<T, DGGSFree>;

/************************************************************************/
/*                              DGGSCheck()                             */
/************************************************************************/

/** Says what is in the report by CPLError(); returns whether the call
 * succeeded. Nothing else raises Rust's errors. */
bool DGGSRaise(DggsStatus eStatus, const DggsReport &sReport);

/** Calls a slot of the table with these arguments and a report; returns whether
 * the call succeeded.
 *
 * * The error state of this thread is afterwards what it was, apart from the
 * report: what GDAL's virtual file system grumbles about files that need not
 * exist is not the user's business, and would make GDALOpenEx() give up. */
template <class... Slot, class... Args>
bool DGGSCheck(DggsStatus (*pfnSlot)(Slot...), Args... args)
{
    DggsReport sReport;
    DggsStatus eStatus;
    {
        CPLErrorStateBackuper oBackuper;
        eStatus = pfnSlot(args..., &sReport);
    }
    return DGGSRaise(eStatus, sReport);
}

/** Calls a slot of the table whose output is an owned T, and leaves what it says
 * to the caller, who raises it; NULL when it fails, or when there is none. */
template <class T, class... Slot, class... Args>
DGGSHandle<T> DGGSAttempt(DggsStatus &eStatus, DggsReport &sReport,
                          DggsStatus (*pfnSlot)(Slot...), Args... args)
{
    T *psOut = nullptr;
    CPLErrorStateBackuper oBackuper;
    eStatus = pfnSlot(args..., &psOut, &sReport);
    return DGGSHandle<T>(eStatus == DGGS_OK ? psOut : nullptr);
}

/** Calls a slot of the table whose output is an owned T; NULL when it fails,
 * or when there is none. */
template <class T, class... Slot, class... Args>
DGGSHandle<T> DGGSFetch(DggsStatus (*pfnSlot)(Slot...), Args... args)
{
    T *psOut = nullptr;
    const bool bOK = DGGSCheck(pfnSlot, args..., &psOut);
    return DGGSHandle<T>(bOK ? psOut : nullptr);
}

/************************************************************************/
/*                           Plain conversions                          */
/************************************************************************/

/** A CSL list of NAME=VALUE as DggsPairs, which borrow from this object and
 * from the list. */
class DGGSPairList
{
    std::vector<std::string> m_aosKeys{};
    std::vector<DggsPair> m_asPairs{};

  public:
    explicit DGGSPairList(CSLConstList papszList);

    DggsPairs Get() const
    {
        return {m_asPairs.data(), m_asPairs.size()};
    }
};

CPLStringList DGGSToStringList(const DggsPairs &sPairs);
std::vector<std::string> DGGSToVector(const DggsStrings &sStrings);

/** GDAL's progress function with its data, to be told by Rust. */
struct DGGSProgress
{
    GDALProgressFunc pfnFunction;
    void *pData;

    /** A DggsProgress, whose data is a DGGSProgress. */
    static bool Tell(double dfShare, void *pProgress)
    {
        const auto psProgress = static_cast<const DGGSProgress *>(pProgress);
        return psProgress->pfnFunction(dfShare, nullptr, psProgress->pData) !=
               FALSE;
    }

    /** What to give to Rust beside `this`. */
    DggsProgress GetFunction() const
    {
        return pfnFunction != nullptr ? Tell : nullptr;
    }
};

#endif /* DGGS_HANDLE_H_INCLUDED */
