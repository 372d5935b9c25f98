/* Axes: see dggs_multidim.h. */
#include "dggs_multidim.h"

/************************************************************************/
/*                           DGGSDimension()                            */
/************************************************************************/

DGGSDimension::DGGSDimension(const std::shared_ptr<DGGSStore> &poStore,
                             const DggsDimension &sDimension)
    : GDALDimension(sDimension.group, sDimension.name, sDimension.kind,
                    sDimension.direction, sDimension.size),
      m_poStore(poStore),
      m_osIndexingVariable(
          sDimension.indexing_variable ? sDimension.indexing_variable : "")
{
}

/************************************************************************/
/*                        GetIndexingVariable()                         */
/************************************************************************/

std::shared_ptr<GDALMDArray> DGGSDimension::GetIndexingVariable() const
{
    if (m_osIndexingVariable.empty())
        return nullptr;
    return m_poStore->OpenMDArray(m_osIndexingVariable);
}

/************************************************************************/
/*                         DGGSMakeDimensions()                         */
/************************************************************************/

std::vector<std::shared_ptr<GDALDimension>>
DGGSMakeDimensions(const std::shared_ptr<DGGSStore> &poStore,
                   const DggsDimensions &sDimensions)
{
    std::vector<std::shared_ptr<GDALDimension>> apoDimensions;
    apoDimensions.reserve(sDimensions.count);
    for (size_t i = 0; i < sDimensions.count; ++i)
    {
        apoDimensions.push_back(
            std::make_shared<DGGSDimension>(poStore, sDimensions.items[i]));
    }
    return apoDimensions;
}
