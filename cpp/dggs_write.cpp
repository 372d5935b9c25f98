/* The writing of arrays: see dggs_multidim.h. */
#include "dggs_multidim.h"

#include <cstring>

/************************************************************************/
/*                               IWrite()                               */
/************************************************************************/

bool DGGSArray::IWrite(const GUInt64 *arrayStartIdx, const size_t *count,
                       const GInt64 *arrayStep, const GPtrDiff_t *bufferStride,
                       const GDALExtendedDataType &bufferDataType,
                       const void *pSrcBuffer)
{
    const size_t nDims = m_apoDimensions.size();
    const std::vector<uint64_t> anStart(arrayStartIdx, arrayStartIdx + nDims);
    const std::vector<int64_t> anStep(arrayStep, arrayStep + nDims);
    const DggsWindow sWindow = {nDims, anStart.data(), count, anStep.data()};
    if (DGGSCountElements(sWindow) == 0)
        return true;
    bool bOK = false;
    if (m_oType.GetClass() != GEDTC_NUMERIC ||
        bufferDataType.GetClass() != GEDTC_NUMERIC)
    {
        bOK = WriteConverted(sWindow, bufferStride, bufferDataType,
                             static_cast<const GByte *>(pSrcBuffer));
    }
    else
    {
        bool bGone = false;
        const auto poState = GetState(&bGone);
        std::vector<ptrdiff_t> anStrides(bufferStride, bufferStride + nDims);
        for (ptrdiff_t &nStride : anStrides)
            nStride *= static_cast<ptrdiff_t>(bufferDataType.GetSize());
        const auto nType =
            static_cast<uint32_t>(bufferDataType.GetNumericDataType());
        bOK = !bGone && DGGSCheck(g_psDggsApi->array_write_numbers,
                                  poState->hArray.get(), &sWindow, nType,
                                  anStrides.data(), pSrcBuffer);
    }
    if (nDims == 1)
        m_poStore->Changed();  // it may tell which zones there are
    else
        m_poStore->Touch();
    return bOK;
}

/************************************************************************/
/*                           WriteConverted()                           */
/************************************************************************/

/** Converts the caller's elements into a dense buffer of the array's own type,
 * and writes that. */
bool DGGSArray::WriteConverted(const DggsWindow &sWindow,
                               const GPtrDiff_t *panBufferStride,
                               const GDALExtendedDataType &oBufferType,
                               const GByte *pabyBuffer)
{
    const size_t nSize = m_oType.GetSize();
    const size_t nElements = DGGSCountElements(sWindow);
    const auto nBufferSize = static_cast<GPtrDiff_t>(oBufferType.GetSize());
    if (nElements > 1 && nElements > DGGS_MAX_BUFFER_BYTES / nSize)
    {
        return DGGSInHalves(
            sWindow, panBufferStride,
            [&](const DggsWindow &sHalf, GPtrDiff_t nOffset)
            {
                return WriteConverted(sHalf, panBufferStride, oBufferType,
                                      pabyBuffer + nOffset * nBufferSize);
            });
    }

    // zeroed: texts that were not converted are NULL when they are freed
    const DGGSBuffer pabyTemp(
        static_cast<GByte *>(VSI_CALLOC_VERBOSE(nElements, nSize)));
    if (!pabyTemp)
        return false;
    const bool bBorrowTexts = m_oType.GetClass() == GEDTC_STRING &&
                              oBufferType.GetClass() == GEDTC_STRING;
    const bool bConverted = DGGSForEachElement(
        sWindow, nElements, panBufferStride,
        [&](size_t i, GPtrDiff_t nOffset)
        {
            const GByte *pabySrc = pabyBuffer + nOffset * nBufferSize;
            GByte *pabyDst = pabyTemp.get() + i * nSize;
            if (bBorrowTexts)
            {
                memcpy(pabyDst, pabySrc, sizeof(char *));
                return true;
            }
            return GDALExtendedDataType::CopyValue(pabySrc, oBufferType,
                                                   pabyDst, m_oType);
        });
    const bool bOK =
        bConverted && WriteDense(sWindow, nElements, pabyTemp.get());
    if (m_oType.GetClass() == GEDTC_STRING && !bBorrowTexts)
    {
        for (size_t i = 0; i < nElements; ++i)
            m_oType.FreeDynamicMemory(pabyTemp.get() + i * nSize);
    }
    return bOK;
}

/************************************************************************/
/*                             WriteDense()                             */
/************************************************************************/

/** Writes a window in C order without gaps, from elements of the array's own
 * type. */
bool DGGSArray::WriteDense(const DggsWindow &sWindow, size_t nElements,
                           const void *pBuffer)
{
    bool bGone = false;
    const auto poState = GetState(&bGone);
    if (bGone)
        return false;
    const DggsArray *psArray = poState->hArray.get();
    const size_t nSize = m_oType.GetSize();
    switch (m_oType.GetClass())
    {
        case GEDTC_STRING:
            return DGGSCheck(g_psDggsApi->array_write_texts, psArray, &sWindow,
                             nElements,
                             static_cast<const char *const *>(pBuffer));
        case GEDTC_COMPOUND:
            return DGGSCheck(g_psDggsApi->array_write_compounds, psArray,
                             &sWindow, nElements * nSize, pBuffer);
        case GEDTC_NUMERIC:
            break;
    }
    const auto anStrides = DGGSDenseStrides(sWindow, nSize);
    return DGGSCheck(g_psDggsApi->array_write_numbers, psArray, &sWindow,
                     static_cast<uint32_t>(m_oType.GetNumericDataType()),
                     anStrides.data(), pBuffer);
}
