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
    const GDALExtendedDataType m_oType;
    std::vector<std::shared_ptr<GDALDimension>> m_apoDimensions{};
    std::vector<std::string> m_aosTexts{};
    std::vector<const char *> m_apszTexts{};
    std::vector<GByte> m_abyNumbers{};

    static GDALExtendedDataType MakeType(DggsAttributeKind eKind);

    const GByte *GetValues() const
    {
        return m_apszTexts.empty()
                   ? m_abyNumbers.data()
                   : reinterpret_cast<const GByte *>(m_apszTexts.data());
    }

  protected:
    bool IRead(const GUInt64 *arrayStartIdx, const size_t *count,
               const GInt64 *arrayStep, const GPtrDiff_t *bufferStride,
               const GDALExtendedDataType &bufferDataType,
               void *pDstBuffer) const override;

  public:
    DGGSAttribute(const std::string &osParentName,
                  const DggsAttribute &sAttribute);

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

DGGSAttribute::DGGSAttribute(const std::string &osParentName,
                             const DggsAttribute &sAttribute)
    : GDALAbstractMDArray(osParentName, sAttribute.name),
      GDALAttribute(osParentName, sAttribute.name),
      m_oType(MakeType(sAttribute.kind))
{
    if (sAttribute.is_list)
    {
        m_apoDimensions.push_back(std::make_shared<GDALDimension>(
            std::string(), "dim0", std::string(), std::string(),
            sAttribute.count));
    }
    if (m_oType.GetClass() == GEDTC_STRING)
    {
        m_aosTexts.assign(sAttribute.texts,
                          sAttribute.texts + sAttribute.count);
        for (const std::string &osText : m_aosTexts)
            m_apszTexts.push_back(osText.c_str());
    }
    else
    {
        const auto pabyNumbers =
            static_cast<const GByte *>(sAttribute.numbers);
        m_abyNumbers.assign(pabyNumbers, pabyNumbers + sAttribute.count *
                                                           m_oType.GetSize());
    }
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
    const GByte *pabySrc = GetValues();
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

}  // namespace

/************************************************************************/
/*                         DGGSMakeAttributes()                         */
/************************************************************************/

std::vector<std::shared_ptr<GDALAttribute>>
DGGSMakeAttributes(const std::string &osParentName,
                   const DggsAttributes &sAttributes)
{
    std::vector<std::shared_ptr<GDALAttribute>> apoAttributes;
    apoAttributes.reserve(sAttributes.count);
    for (size_t i = 0; i < sAttributes.count; ++i)
    {
        auto poAttribute = std::make_shared<DGGSAttribute>(
            osParentName, sAttributes.items[i]);
        apoAttributes.push_back(std::move(poAttribute));
    }
    return apoAttributes;
}
