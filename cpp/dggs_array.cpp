/* Arrays: see dggs_multidim.h. */
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
/*                              MakeType()                              */
/************************************************************************/

GDALExtendedDataType MakeType(const DggsDataType &sType)
{
    switch (sType.type_class)
    {
        case DGGS_TYPE_TEXT:
            return GDALExtendedDataType::CreateString(sType.max_length);
        case DGGS_TYPE_COMPOUND:
        {
            std::vector<std::unique_ptr<GDALEDTComponent>> apoComponents;
            for (size_t i = 0; i < sType.field_count; ++i)
            {
                const DggsField &sField = sType.fields[i];
                apoComponents.push_back(std::make_unique<GDALEDTComponent>(
                    sField.name, sField.offset,
                    MakeType(sField.data_type)));
            }
            return GDALExtendedDataType::Create(sType.name, sType.size,
                                                std::move(apoComponents));
        }
        case DGGS_TYPE_NUMERIC:
            break;
    }
    return GDALExtendedDataType::Create(
        static_cast<GDALDataType>(sType.numeric_type));
}

/************************************************************************/
/*                            GetParentName()                           */
/************************************************************************/

std::string GetParentName(const std::string &osFullName)
{
    const auto nPos = osFullName.rfind('/');
    return nPos == 0 || nPos == std::string::npos
               ? std::string("/")
               : osFullName.substr(0, nPos);
}

/************************************************************************/
/*                          CountElements()                             */
/************************************************************************/

/** Number of elements of a window; the largest number when there are more than that. */
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

/** Calls `oAction(position in C order, offset in the buffer in elements)` for each element of a window. */
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
/*                             DGGSArray()                              */
/************************************************************************/

DGGSArray::DGGSArray(const std::shared_ptr<DGGSStore> &poStore,
                     DGGSHandle<DggsArray> &&hArray,
                     const DggsArrayInfo &sInfo)
    : GDALAbstractMDArray(GetParentName(sInfo.full_name), sInfo.name),
      GDALMDArray(GetParentName(sInfo.full_name), sInfo.name),
      m_poStore(poStore), m_hArray(std::move(hArray)), m_sInfo(sInfo),
      m_oType(MakeType(sInfo.data_type)),
      m_apoDimensions(DGGSMakeDimensions(poStore, sInfo.dimensions)),
      m_osUnit(sInfo.unit),
      m_aosStructuralInfo(DGGSToStringList(sInfo.structural_info))
{
    m_osFullName = sInfo.full_name;
}

/************************************************************************/
/*                               Create()                               */
/************************************************************************/

std::shared_ptr<GDALMDArray>
DGGSArray::Create(const std::shared_ptr<DGGSStore> &poStore,
                  DGGSHandle<DggsArray> &&hArray)
{
    const DggsArrayInfo *psInfo = nullptr;
    if (!hArray || !DGGSCheck(g_psDggsApi->array_info, hArray.get(), &psInfo))
        return nullptr;
    std::shared_ptr<DGGSArray> poArray(
        new DGGSArray(poStore, std::move(hArray), *psInfo));
    poArray->SetSelf(poArray);
    return poArray;
}

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

/** Reads into a dense buffer of the array's own type, and converts each element into the caller's. */
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

/** ReadConverted() of the two halves of a window of several elements, along its first axis that is not 1. */
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

/** Reads a window in C order without gaps, as elements of the array's own type. */
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

/************************************************************************/
/*                           GetAttributes()                            */
/************************************************************************/

std::vector<std::shared_ptr<GDALAttribute>>
DGGSArray::GetAttributes(CSLConstList) const
{
    const auto hAttributes = DGGSFetch<DggsAttributes>(
        g_psDggsApi->array_attributes, m_hArray.get());
    if (!hAttributes)
        return {};
    return DGGSMakeAttributes(GetFullName(), *hAttributes);
}

std::shared_ptr<GDALAttribute>
DGGSArray::GetAttribute(const std::string &osName) const
{
    return GetAttributeFromAttributes(osName);
}

/************************************************************************/
/*                       GetOffset() and GetScale()                     */
/************************************************************************/

double DGGSArray::GetOffset(bool *pbHasOffset,
                            GDALDataType *peStorageType) const
{
    if (pbHasOffset)
        *pbHasOffset = m_sInfo.has_offset;
    if (peStorageType)
        *peStorageType = m_sInfo.has_offset ? GDT_Float64 : GDT_Unknown;
    return m_sInfo.has_offset ? m_sInfo.offset : 0.0;
}

double DGGSArray::GetScale(bool *pbHasScale, GDALDataType *peStorageType) const
{
    if (pbHasScale)
        *pbHasScale = m_sInfo.has_scale;
    if (peStorageType)
        *peStorageType = m_sInfo.has_scale ? GDT_Float64 : GDT_Unknown;
    return m_sInfo.has_scale ? m_sInfo.scale : 1.0;
}

/************************************************************************/
/*                            GetSpatialRef()                           */
/************************************************************************/

std::shared_ptr<OGRSpatialReference> DGGSArray::GetSpatialRef() const
{
    const std::lock_guard<std::mutex> oLock(m_oSRSMutex);
    if (!m_bSRSTried && m_sInfo.crs_wkt != nullptr)
    {
        auto poSRS = std::make_shared<OGRSpatialReference>();
        poSRS->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
        if (poSRS->importFromWkt(m_sInfo.crs_wkt) == OGRERR_NONE)
            m_poSRS = std::move(poSRS);
    }
    m_bSRSTried = true;
    return m_poSRS;
}

/************************************************************************/
/*                       GetCoordinateVariables()                       */
/************************************************************************/

std::vector<std::shared_ptr<GDALMDArray>>
DGGSArray::GetCoordinateVariables() const
{
    std::vector<std::shared_ptr<GDALMDArray>> apoVariables;
    for (const auto &osName : DGGSToVector(m_sInfo.coordinate_variables))
    {
        auto poVariable = m_poStore->OpenMDArray(osName);
        if (poVariable)
            apoVariables.push_back(std::move(poVariable));
    }
    return apoVariables;
}

/************************************************************************/
/*                            GetBlockSize()                            */
/************************************************************************/

std::vector<GUInt64> DGGSArray::GetBlockSize() const
{
    return std::vector<GUInt64>(m_sInfo.block_size,
                                m_sInfo.block_size + m_apoDimensions.size());
}
