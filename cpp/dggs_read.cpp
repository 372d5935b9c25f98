/* The reading of arrays: see dggs_multidim.h. */
#include "dggs_multidim.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace
{

/** A converted read goes through a buffer of at most so many bytes. */
constexpr size_t MAX_TEMPORARY_BYTES = 64 * 1024 * 1024;

struct VSIReleaser
{
    void operator()(void *pBuffer) const
    {
        VSIFree(pBuffer);
    }
};

using TemporaryBuffer = std::unique_ptr<GByte, VSIReleaser>;

/************************************************************************/
/*                          CountElements()                             */
/************************************************************************/

/** Number of elements of a window; the largest number when there are more
 * than that. */
size_t CountElements(const DggsWindow &sWindow)
{
    constexpr size_t nMax = std::numeric_limits<size_t>::max();
    size_t nElements = 1;
    for (size_t i = 0; i < sWindow.dimension_count; ++i)
    {
        if (sWindow.count[i] == 0)
            return 0;
        if (nElements > nMax / sWindow.count[i])
            return nMax;
        nElements *= sWindow.count[i];
    }
    return nElements;
}

/************************************************************************/
/*                            ForEachElement()                          */
/************************************************************************/

/** Calls `oAction(position in C order, offset in the buffer in elements)`
 * for each element of a window. */
template <class Action>
bool ForEachElement(const DggsWindow &sWindow, size_t nElements,
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

}  // namespace

/************************************************************************/
/*                                IRead()                               */
/************************************************************************/

bool DGGSArray::IRead(const GUInt64 *arrayStartIdx, const size_t *count,
                      const GInt64 *arrayStep, const GPtrDiff_t *bufferStride,
                      const GDALExtendedDataType &bufferDataType,
                      void *pDstBuffer) const
{
    const std::vector<uint64_t> anStart(
        arrayStartIdx, arrayStartIdx + m_apoDimensions.size());
    const std::vector<int64_t> anStep(arrayStep,
                                      arrayStep + m_apoDimensions.size());
    const DggsWindow sWindow = {m_apoDimensions.size(), anStart.data(), count,
                                anStep.data()};
    if (CountElements(sWindow) == 0)
        return true;
    if (m_oType.GetClass() != GEDTC_NUMERIC ||
        bufferDataType.GetClass() != GEDTC_NUMERIC)
    {
        return ReadConverted(sWindow, bufferStride, bufferDataType,
                             static_cast<GByte *>(pDstBuffer));
    }

    std::vector<ptrdiff_t> anStrides(bufferStride,
                                     bufferStride + m_apoDimensions.size());
    for (ptrdiff_t &nStride : anStrides)
        nStride *= static_cast<ptrdiff_t>(bufferDataType.GetSize());
    return DGGSCheck(
        g_psDggsApi->array_read_numbers, m_hArray.get(), &sWindow,
        static_cast<uint32_t>(bufferDataType.GetNumericDataType()),
        anStrides.data(), pDstBuffer);
}

/************************************************************************/
/*                           ReadConverted()                            */
/************************************************************************/

/** Reads into a dense buffer of the array's own type, and converts each
 * element into the caller's. */
bool DGGSArray::ReadConverted(const DggsWindow &sWindow,
                              const GPtrDiff_t *panBufferStride,
                              const GDALExtendedDataType &oBufferType,
                              GByte *pabyBuffer) const
{
    const size_t nSize = m_oType.GetSize();
    const size_t nElements = CountElements(sWindow);
    if (nElements > 1 && nElements > MAX_TEMPORARY_BYTES / nSize)
        return ReadInHalves(sWindow, panBufferStride, oBufferType, pabyBuffer);

    TemporaryBuffer pabyTemp(
        static_cast<GByte *>(VSI_MALLOC2_VERBOSE(nElements, nSize)));
    if (!pabyTemp || !ReadDense(sWindow, nElements, pabyTemp.get()))
        return false;

    const bool bMoveTexts = m_oType.GetClass() == GEDTC_STRING &&
                            oBufferType.GetClass() == GEDTC_STRING;
    const auto nBufferSize = static_cast<GPtrDiff_t>(oBufferType.GetSize());
    const bool bOK = ForEachElement(
        sWindow, nElements, panBufferStride,
        [&](size_t i, GPtrDiff_t nOffset)
        {
            const GByte *pabySrc = pabyTemp.get() + i * nSize;
            GByte *pabyDst = pabyBuffer + nOffset * nBufferSize;
            if (bMoveTexts)
            {
                memcpy(pabyDst, pabySrc, sizeof(char *));
                return true;
            }
            return GDALExtendedDataType::CopyValue(pabySrc, m_oType, pabyDst,
                                                   oBufferType);
        });
    if (m_oType.GetClass() == GEDTC_STRING && !bMoveTexts)
    {
        for (size_t i = 0; i < nElements; ++i)
            m_oType.FreeDynamicMemory(pabyTemp.get() + i * nSize);
    }
    return bOK;
}

/************************************************************************/
/*                           ReadInHalves()                             */
/************************************************************************/

/** ReadConverted() of the two halves of a window of several elements, along
 * its first axis that is not 1. */
bool DGGSArray::ReadInHalves(const DggsWindow &sWindow,
                             const GPtrDiff_t *panBufferStride,
                             const GDALExtendedDataType &oBufferType,
                             GByte *pabyBuffer) const
{
    const size_t nDims = sWindow.dimension_count;
    std::vector<uint64_t> anStart(sWindow.start, sWindow.start + nDims);
    std::vector<size_t> anCount(sWindow.count, sWindow.count + nDims);
    const size_t iDim =
        std::find_if(anCount.begin(), anCount.end(),
                     [](size_t nCount) { return nCount > 1; }) -
        anCount.begin();
    const size_t nFirst = anCount[iDim] / 2;

    anCount[iDim] = nFirst;
    const DggsWindow sHalf = {nDims, anStart.data(), anCount.data(),
                              sWindow.step};
    if (!ReadConverted(sHalf, panBufferStride, oBufferType, pabyBuffer))
        return false;

    anCount[iDim] = sWindow.count[iDim] - nFirst;
    anStart[iDim] += static_cast<uint64_t>(sWindow.step[iDim]) * nFirst;
    pabyBuffer += static_cast<GPtrDiff_t>(nFirst) * panBufferStride[iDim] *
                  static_cast<GPtrDiff_t>(oBufferType.GetSize());
    return ReadConverted(sHalf, panBufferStride, oBufferType, pabyBuffer);
}

/************************************************************************/
/*                             ReadDense()                              */
/************************************************************************/

/** Reads a window in C order without gaps, as elements of the array's own
 * type. */
bool DGGSArray::ReadDense(const DggsWindow &sWindow, size_t nElements,
                          void *pBuffer) const
{
    const size_t nSize = m_oType.GetSize();
    switch (m_oType.GetClass())
    {
        case GEDTC_STRING:
            return DGGSCheck(g_psDggsApi->array_read_texts, m_hArray.get(),
                             &sWindow, nElements,
                             static_cast<char **>(pBuffer));
        case GEDTC_COMPOUND:
            return DGGSCheck(g_psDggsApi->array_read_compounds, m_hArray.get(),
                             &sWindow, nElements * nSize, pBuffer);
        case GEDTC_NUMERIC:
            break;
    }
    std::vector<ptrdiff_t> anStrides(sWindow.dimension_count);
    auto nStride = static_cast<ptrdiff_t>(nSize);
    for (size_t iDim = anStrides.size(); iDim-- > 0;)
    {
        anStrides[iDim] = nStride;
        nStride *= static_cast<ptrdiff_t>(sWindow.count[iDim]);
    }
    return DGGSCheck(g_psDggsApi->array_read_numbers, m_hArray.get(), &sWindow,
                     static_cast<uint32_t>(m_oType.GetNumericDataType()),
                     anStrides.data(), pBuffer);
}

/************************************************************************/
/*                             IAdviseRead()                            */
/************************************************************************/

bool DGGSArray::IAdviseRead(const GUInt64 *arrayStartIdx, const size_t *count,
                            CSLConstList papszOptions) const
{
    const std::vector<uint64_t> anStart(
        arrayStartIdx, arrayStartIdx + m_apoDimensions.size());
    const std::vector<int64_t> anStep(m_apoDimensions.size(), 1);
    const DggsWindow sWindow = {m_apoDimensions.size(), anStart.data(), count,
                                anStep.data()};
    const DGGSPairList oOptions(papszOptions);
    const DggsPairs sOptions = oOptions.Get();
    return DGGSCheck(g_psDggsApi->array_advise_read, m_hArray.get(), &sWindow,
                     &sOptions);
}
