/* Attributes: see dggs_multidim.h. They hold their own values, so that they
 * outlive what they describe. */
#include "dggs_multidim.h"

namespace
{

/************************************************************************/
/*                             DGGSAttribute                            */
/************************************************************************/

class DGGSAttribute final : public GDALAttribute
{
    // NULL where nothing can be written
    const std::shared_ptr<DGGSAttributeHolder> m_poHolder;
    const GDALExtendedDataType m_oType;
    std::vector<std::shared_ptr<GDALDimension>> m_apoDimensions{};
    std::vector<std::string> m_aosTexts{};
    std::vector<const char *> m_apszTexts{};  // of m_aosTexts
    std::vector<GByte> m_abyNumbers{};

    static GDALExtendedDataType MakeType(DggsAttributeKind eKind);

    size_t GetCount() const
    {
        return m_apoDimensions.empty()
                   ? 1
                   : static_cast<size_t>(m_apoDimensions[0]->GetSize());
    }

    bool HasTexts() const
    {
        return m_oType.GetClass() == GEDTC_STRING;
    }

    void SetDimension(size_t nSize);
    void PointToTexts();

    template <class T>
    bool StoreNumbers(DggsAttribute &sAttribute, GDALDataType eType);

  protected:
    bool IRead(const GUInt64 *arrayStartIdx, const size_t *count,
               const GInt64 *arrayStep, const GPtrDiff_t *bufferStride,
               const GDALExtendedDataType &bufferDataType,
               void *pDstBuffer) const override;
    bool IWrite(const GUInt64 *arrayStartIdx, const size_t *count,
                const GInt64 *arrayStep, const GPtrDiff_t *bufferStride,
                const GDALExtendedDataType &bufferDataType,
                const void *pSrcBuffer) override;

  public:
    DGGSAttribute(const std::string &osParentName,
                  const std::shared_ptr<DGGSAttributeHolder> &poHolder,
                  const DggsAttribute &sAttribute);
    DGGSAttribute(const std::string &osParentName,
                  const std::shared_ptr<DGGSAttributeHolder> &poHolder,
                  const std::string &osName,
                  const std::vector<GUInt64> &anDimensions,
                  const GDALExtendedDataType &oType);

    /** Stores the values under its name. */
    bool Store();

    // nobody calls it before it overrides something
    [[maybe_unused]] bool
    Rename(const std::string &osNewName) DGGS_OVERRIDE_SINCE_3_8;

    const std::vector<std::shared_ptr<GDALDimension>> &
    GetDimensions() const override
    {
        return m_apoDimensions;
    }

    const GDALExtendedDataType &GetDataType() const override
    {
        return m_oType;
    }
};

/************************************************************************/
/*                           DGGSAttribute()                            */
/************************************************************************/

DGGSAttribute::DGGSAttribute(
    const std::string &osParentName,
    const std::shared_ptr<DGGSAttributeHolder> &poHolder,
    const DggsAttribute &sAttribute)
    : GDALAbstractMDArray(osParentName, sAttribute.name),
      GDALAttribute(osParentName, sAttribute.name), m_poHolder(poHolder),
      m_oType(MakeType(sAttribute.kind))
{
    if (sAttribute.is_list)
        SetDimension(sAttribute.count);
    if (HasTexts())
    {
        m_aosTexts.assign(sAttribute.texts,
                          sAttribute.texts + sAttribute.count);
        PointToTexts();
    }
    else
    {
        const auto pabyNumbers =
            static_cast<const GByte *>(sAttribute.numbers);
        m_abyNumbers.assign(pabyNumbers, pabyNumbers + sAttribute.count *
                                                           m_oType.GetSize());
    }
}

DGGSAttribute::DGGSAttribute(
    const std::string &osParentName,
    const std::shared_ptr<DGGSAttributeHolder> &poHolder,
    const std::string &osName, const std::vector<GUInt64> &anDimensions,
    const GDALExtendedDataType &oType)
    : GDALAbstractMDArray(osParentName, osName),
      GDALAttribute(osParentName, osName), m_poHolder(poHolder),
      m_oType(oType)
{
    if (!anDimensions.empty())
        SetDimension(static_cast<size_t>(anDimensions[0]));
    if (HasTexts())
    {
        m_aosTexts.resize(GetCount());
        PointToTexts();
    }
    else
        m_abyNumbers.resize(GetCount() * m_oType.GetSize());
}

void DGGSAttribute::SetDimension(size_t nSize)
{
    m_apoDimensions.push_back(std::make_shared<GDALDimension>(
        std::string(), "dim0", std::string(), std::string(), nSize));
}

void DGGSAttribute::PointToTexts()
{
    m_apszTexts.clear();
    for (const std::string &osText : m_aosTexts)
        m_apszTexts.push_back(osText.c_str());
}

/************************************************************************/
/*                              MakeType()                              */
/************************************************************************/

GDALExtendedDataType DGGSAttribute::MakeType(DggsAttributeKind eKind)
{
    switch (eKind)
    {
        case DGGS_ATTRIBUTE_INT32:
            return GDALExtendedDataType::Create(GDT_Int32);
        case DGGS_ATTRIBUTE_INT64:
            return GDALExtendedDataType::Create(GDT_Int64);
        case DGGS_ATTRIBUTE_UINT64:
            return GDALExtendedDataType::Create(GDT_UInt64);
        case DGGS_ATTRIBUTE_FLOAT64:
            return GDALExtendedDataType::Create(GDT_Float64);
        case DGGS_ATTRIBUTE_JSON:
            return GDALExtendedDataType::CreateString(0, GEDTST_JSON);
        case DGGS_ATTRIBUTE_TEXT:
            break;
    }
    return GDALExtendedDataType::CreateString();
}

/************************************************************************/
/*                               IRead()                                */
/************************************************************************/

bool DGGSAttribute::IRead(const GUInt64 *arrayStartIdx, const size_t *count,
                          const GInt64 *arrayStep,
                          const GPtrDiff_t *bufferStride,
                          const GDALExtendedDataType &bufferDataType,
                          void *pDstBuffer) const
{
    const GByte *pabySrc =
        HasTexts() ? reinterpret_cast<const GByte *>(m_apszTexts.data())
                   : m_abyNumbers.data();
    auto pabyDst = static_cast<GByte *>(pDstBuffer);
    if (m_apoDimensions.empty())
    {
        return GDALExtendedDataType::CopyValue(pabySrc, m_oType, pabyDst,
                                               bufferDataType);
    }
    const auto nSize = static_cast<GPtrDiff_t>(m_oType.GetSize());
    const auto nDstSize = static_cast<GPtrDiff_t>(bufferDataType.GetSize());
    pabySrc += static_cast<GPtrDiff_t>(arrayStartIdx[0]) * nSize;
    for (size_t i = 0; i < count[0]; ++i)
    {
        if (!GDALExtendedDataType::CopyValue(pabySrc, m_oType, pabyDst,
                                             bufferDataType))
            return false;
        if (i + 1 < count[0])
        {
            pabySrc += static_cast<GPtrDiff_t>(arrayStep[0]) * nSize;
            pabyDst += bufferStride[0] * nDstSize;
        }
    }
    return true;
}

/************************************************************************/
/*                               IWrite()                               */
/************************************************************************/

bool DGGSAttribute::IWrite(const GUInt64 *arrayStartIdx, const size_t *count,
                           const GInt64 *arrayStep,
                           const GPtrDiff_t *bufferStride,
                           const GDALExtendedDataType &bufferDataType,
                           const void *pSrcBuffer)
{
    const bool bIsList = !m_apoDimensions.empty();
    const size_t nCount = bIsList ? count[0] : 1;
    const auto nSrcSize = static_cast<GPtrDiff_t>(bufferDataType.GetSize());
    const auto nSize = m_oType.GetSize();
    auto pabySrc = static_cast<const GByte *>(pSrcBuffer);
    auto nAt = static_cast<GInt64>(bIsList ? arrayStartIdx[0] : 0);
    for (size_t i = 0; i < nCount; ++i)
    {
        if (HasTexts())
        {
            char *pszText = nullptr;
            if (!GDALExtendedDataType::CopyValue(pabySrc, bufferDataType,
                                                 &pszText, m_oType))
                return false;
            m_aosTexts[static_cast<size_t>(nAt)] = pszText ? pszText : "";
            CPLFree(pszText);
        }
        else if (!GDALExtendedDataType::CopyValue(
                     pabySrc, bufferDataType,
                     m_abyNumbers.data() + static_cast<size_t>(nAt) * nSize,
                     m_oType))
            return false;
        if (i + 1 < nCount)
        {
            nAt += arrayStep[0];
            pabySrc += bufferStride[0] * nSrcSize;
        }
    }
    PointToTexts();
    return Store();
}

/************************************************************************/
/*                            StoreNumbers()                            */
/************************************************************************/

template <class T>
bool DGGSAttribute::StoreNumbers(DggsAttribute &sAttribute, GDALDataType eType)
{
    std::vector<T> aNumbers(sAttribute.count);
    GDALCopyWords64(m_abyNumbers.data(), m_oType.GetNumericDataType(),
                    static_cast<int>(m_oType.GetSize()), aNumbers.data(),
                    eType, static_cast<int>(sizeof(T)),
                    static_cast<GPtrDiff_t>(sAttribute.count));
    sAttribute.numbers = aNumbers.data();
    return m_poHolder->StoreAttribute(sAttribute);
}

/************************************************************************/
/*                               Store()                                */
/************************************************************************/

bool DGGSAttribute::Store()
{
    if (!m_poHolder)
    {
        CPLError(CE_Failure, CPLE_NotSupported,
                 "Attribute %s: the store was opened for reading only; open "
                 "it for update to change it",
                 GetFullName().c_str());
        return false;
    }
    DggsAttribute sAttribute = {};
    sAttribute.name = GetName().c_str();
    sAttribute.is_list = !m_apoDimensions.empty();
    sAttribute.count = GetCount();
    if (HasTexts())
    {
        sAttribute.kind = m_oType.GetSubType() == GEDTST_JSON
                              ? DGGS_ATTRIBUTE_JSON
                              : DGGS_ATTRIBUTE_TEXT;
        sAttribute.texts = m_apszTexts.data();
        return m_poHolder->StoreAttribute(sAttribute);
    }
    const GDALDataType eType = m_oType.GetNumericDataType();
    if (eType == GDT_UInt64)
    {
        sAttribute.kind = DGGS_ATTRIBUTE_UINT64;
        return StoreNumbers<GUInt64>(sAttribute, GDT_UInt64);
    }
    if (GDALDataTypeIsInteger(eType))
    {
        sAttribute.kind = DGGS_ATTRIBUTE_INT64;
        return StoreNumbers<GInt64>(sAttribute, GDT_Int64);
    }
    sAttribute.kind = DGGS_ATTRIBUTE_FLOAT64;
    return StoreNumbers<double>(sAttribute, GDT_Float64);
}

/************************************************************************/
/*                               Rename()                               */
/************************************************************************/

bool DGGSAttribute::Rename(const std::string &osNewName)
{
    const std::string osOldName = m_osName;
    const std::string osOldFullName = m_osFullName;
    m_osName = osNewName;
    m_osFullName =
        osOldFullName.substr(0, osOldFullName.size() - osOldName.size()) +
        osNewName;
    if (osNewName == osOldName ||
        (Store() && m_poHolder->RemoveAttribute(osOldName)))
        return true;
    m_osName = osOldName;
    m_osFullName = osOldFullName;
    return false;
}

}  // namespace

/************************************************************************/
/*                         DGGSMakeAttributes()                         */
/************************************************************************/

std::vector<std::shared_ptr<GDALAttribute>>
DGGSMakeAttributes(const std::string &osParentName,
                   const std::shared_ptr<DGGSAttributeHolder> &poHolder,
                   const DggsAttributes &sAttributes)
{
    std::vector<std::shared_ptr<GDALAttribute>> apoAttributes;
    apoAttributes.reserve(sAttributes.count);
    for (size_t i = 0; i < sAttributes.count; ++i)
    {
        apoAttributes.push_back(std::make_shared<DGGSAttribute>(
            osParentName, poHolder, sAttributes.items[i]));
    }
    return apoAttributes;
}

/************************************************************************/
/*                        DGGSCreateAttribute()                         */
/************************************************************************/

std::shared_ptr<GDALAttribute>
DGGSCreateAttribute(const std::string &osParentName,
                    const std::shared_ptr<DGGSAttributeHolder> &poHolder,
                    const std::string &osName,
                    const std::vector<GUInt64> &anDimensions,
                    const GDALExtendedDataType &oDataType)
{
    const bool bIsNumber = oDataType.GetClass() == GEDTC_NUMERIC;
    const char *pszProblem = nullptr;
    if (anDimensions.size() > 1)
        pszProblem = "JSON has no attributes of several dimensions";
    else if (oDataType.GetClass() == GEDTC_COMPOUND ||
             (bIsNumber &&
              GDALDataTypeIsComplex(oDataType.GetNumericDataType())))
        pszProblem = "JSON has no attributes of structures or complex "
                     "numbers";
    else if (!anDimensions.empty() && anDimensions[0] > (1 << 24))
        pszProblem = "an attribute of more than 2^24 values; make an array";
    if (pszProblem)
    {
        CPLError(CE_Failure, CPLE_NotSupported, "Attribute %s of %s: %s",
                 osName.c_str(), osParentName.c_str(), pszProblem);
        return nullptr;
    }
    auto poAttribute = std::make_shared<DGGSAttribute>(
        osParentName, poHolder, osName, anDimensions, oDataType);
    if (!poAttribute->Store())
        return nullptr;
    return poAttribute;
}
