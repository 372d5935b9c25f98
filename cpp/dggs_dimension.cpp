/* Axes: see dggs_multidim.h. */
#include "dggs_multidim.h"

/************************************************************************/
/*                           DGGSDimension()                            */
/************************************************************************/

DGGSDimension::DGGSDimension(const std::shared_ptr<DGGSStore> &poStore,
                             const DggsDimension &sDimension)
    : GDALDimension(sDimension.group, sDimension.name, sDimension.kind,
                    sDimension.direction, sDimension.size),
      m_poStore(poStore), m_osGroup(sDimension.group)
{
    SetIndexingVariableName(sDimension.indexing_variable);
}

/************************************************************************/
/*                      SetIndexingVariableName()                       */
/************************************************************************/

void DGGSDimension::SetIndexingVariableName(const char *pszFullName)
{
    m_osIndexingVariable = pszFullName ? pszFullName : "";
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
/*                        SetIndexingVariable()                         */
/************************************************************************/

bool DGGSDimension::SetIndexingVariable(
    std::shared_ptr<GDALMDArray> poIndexingVariable)
{
    const std::string osName =
        poIndexingVariable ? poIndexingVariable->GetName() : std::string();
    const auto nPos = m_osIndexingVariable.rfind('/');
    const bool bIsKnown =
        nPos != std::string::npos && m_osIndexingVariable.substr(nPos + 1) == osName;
    if (bIsKnown || osName == GetName())
        return true;
    CPLError(CE_Failure, CPLE_NotSupported,
             "Dimension %s: an indexing variable of a Zarr store is known by "
             "its name, which must be '%s', not '%s'",
             GetFullName().c_str(),
             nPos == std::string::npos
                 ? GetName().c_str()
                 : m_osIndexingVariable.substr(nPos + 1).c_str(),
             osName.c_str());
    return false;
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
        apoDimensions.push_back(poStore->TakeDimension(sDimensions.items[i]));
    return apoDimensions;
}
