/* Types and windows: see dggs_multidim.h. */
#include "dggs_multidim.h"

#include <limits>

/************************************************************************/
/*                            DGGSMakeType()                            */
/************************************************************************/

GDALExtendedDataType DGGSMakeType(const DggsDataType &sType)
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
                    DGGSMakeType(sField.data_type)));
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
/*                             DGGSTypeOf()                             */
/************************************************************************/

DGGSTypeOf::DGGSTypeOf(const GDALExtendedDataType &oType)
{
    m_sType.name = oType.GetName().c_str();
    m_sType.size = oType.GetSize();
    switch (oType.GetClass())
    {
        case GEDTC_STRING:
            m_sType.type_class = DGGS_TYPE_TEXT;
            m_sType.max_length = oType.GetMaxStringLength();
            break;
        case GEDTC_COMPOUND:
            m_sType.type_class = DGGS_TYPE_COMPOUND;
            for (const auto &poComponent : oType.GetComponents())
            {
                m_apoFieldTypes.push_back(
                    std::make_unique<DGGSTypeOf>(poComponent->GetType()));
                m_asFields.push_back({poComponent->GetName().c_str(),
                                      poComponent->GetOffset(),
                                      m_apoFieldTypes.back()->Get()});
            }
            m_sType.fields = m_asFields.data();
            m_sType.field_count = m_asFields.size();
            break;
        case GEDTC_NUMERIC:
            m_sType.type_class = DGGS_TYPE_NUMERIC;
            m_sType.numeric_type =
                static_cast<uint32_t>(oType.GetNumericDataType());
            break;
    }
}

/************************************************************************/
/*                         DGGSCountElements()                          */
/************************************************************************/

size_t DGGSCountElements(const DggsWindow &sWindow)
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
/*                          DGGSDenseStrides()                          */
/************************************************************************/

std::vector<ptrdiff_t> DGGSDenseStrides(const DggsWindow &sWindow, size_t nSize)
{
    std::vector<ptrdiff_t> anStrides(sWindow.dimension_count);
    auto nStride = static_cast<ptrdiff_t>(nSize);
    for (size_t iDim = anStrides.size(); iDim-- > 0;)
    {
        anStrides[iDim] = nStride;
        nStride *= static_cast<ptrdiff_t>(sWindow.count[iDim]);
    }
    return anStrides;
}
