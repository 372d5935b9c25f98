/* The reading of arrays: see dggs_multidim.h. */
#include "dggs_multidim.h"

#include <cstring>

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
    if (DGGSCountElements(sWindow) == 0)
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
        g_psDggsApi->array_read_numbers, GetState()->hArray.get(), &sWindow,
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
    const size_t nElements = DGGSCountElements(sWindow);
    if (nElements > 1 && nElements > DGGS_MAX_BUFFER_BYTES / nSize)
        return ReadInHalves(sWindow, panBufferStride, oBufferType, pabyBuffer);

    const DGGSBuffer pabyTemp(
        static_cast<GByte *>(VSI_MALLOC2_VERBOSE(nElements, nSize)));
    if (!pabyTemp || !ReadDense(sWindow, nElements, pabyTemp.get()))
        return false;

    const bool bMoveTexts = m_oType.GetClass() == GEDTC_STRING &&
                            oBufferType.GetClass() == GEDTC_STRING;
    const auto nBufferSize = static_cast<GPtrDiff_t>(oBufferType.GetSize());
    const bool bOK = DGGSForEachElement(
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

/** ReadConverted() of the two halves of a window of several elements. */
bool DGGSArray::ReadInHalves(const DggsWindow &sWindow,
                             const GPtrDiff_t *panBufferStride,
                             const GDALExtendedDataType &oBufferType,
                             GByte *pabyBuffer) const
{
    const auto nBufferSize = static_cast<GPtrDiff_t>(oBufferType.GetSize());
    return DGGSInHalves(sWindow, panBufferStride,
                        [&](const DggsWindow &sHalf, GPtrDiff_t nOffset)
                        {
                            return ReadConverted(
                                sHalf, panBufferStride, oBufferType,
                                pabyBuffer + nOffset * nBufferSize);
                        });
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
            return DGGSCheck(g_psDggsApi->array_read_texts, GetState()->hArray.get(),
                             &sWindow, nElements,
                             static_cast<char **>(pBuffer));
        case GEDTC_COMPOUND:
            return DGGSCheck(g_psDggsApi->array_read_compounds, GetState()->hArray.get(),
                             &sWindow, nElements * nSize, pBuffer);
        case GEDTC_NUMERIC:
            break;
    }
    const auto anStrides = DGGSDenseStrides(sWindow, nSize);
    return DGGSCheck(g_psDggsApi->array_read_numbers, GetState()->hArray.get(), &sWindow,
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
    return DGGSCheck(g_psDggsApi->array_advise_read, GetState()->hArray.get(), &sWindow,
                     &sOptions);
}
