/* What changes arrays, apart from the writing of elements: see
 * dggs_multidim.h. */
#include "dggs_multidim.h"

/************************************************************************/
/*                       Attributes of an array                         */
/************************************************************************/

std::shared_ptr<GDALAttribute>
DGGSArray::CreateAttribute(const std::string &osName,
                           const std::vector<GUInt64> &anDimensions,
                           const GDALExtendedDataType &oDataType, CSLConstList)
{
    if (GetAttribute(osName))
    {
        CPLError(CE_Failure, CPLE_AppDefined,
                 "Array %s: there is an attribute '%s' already",
                 GetFullName().c_str(), osName.c_str());
        return nullptr;
    }
    return DGGSCreateAttribute(GetFullName(), m_poThis.lock(), osName,
                               anDimensions, oDataType);
}

bool DGGSArray::DeleteAttribute(const std::string &osName, CSLConstList)
{
    return RemoveAttribute(osName);
}

bool DGGSArray::StoreAttribute(const DggsAttribute &sAttribute)
{
    return Change(g_psDggsApi->array_set_attribute, &sAttribute);
}

bool DGGSArray::RemoveAttribute(const std::string &osName)
{
    return Change(g_psDggsApi->array_delete_attribute, osName.c_str());
}

/************************************************************************/
/*                               SetUnit()                              */
/************************************************************************/

bool DGGSArray::SetUnit(const std::string &osUnit)
{
    return Change(g_psDggsApi->array_set_unit, osUnit.c_str());
}

/************************************************************************/
/*                           SetSpatialRef()                            */
/************************************************************************/

bool DGGSArray::SetSpatialRef(const OGRSpatialReference *poSRS)
{
    const char *pszNone = nullptr;
    if (poSRS == nullptr || poSRS->IsEmpty())
        return Change(g_psDggsApi->array_set_crs, pszNone);
    const char *const apszOptions[] = {"FORMAT=WKT2_2019", nullptr};
    char *pszWKT = nullptr;
    const OGRErr eErr = poSRS->exportToWkt(&pszWKT, apszOptions);
    const bool bOK =
        eErr == OGRERR_NONE &&
        Change(g_psDggsApi->array_set_crs, static_cast<const char *>(pszWKT));
    CPLFree(pszWKT);
    return bOK;
}

/************************************************************************/
/*                         SetRawNoDataValue()                          */
/************************************************************************/

bool DGGSArray::SetRawNoDataValue(const void *pRawNoData)
{
    return Change(g_psDggsApi->array_set_nodata, m_oType.GetSize(),
                  pRawNoData);
}

/************************************************************************/
/*                     SetOffset() and SetScale()                       */
/************************************************************************/

bool DGGSArray::SetOffset(double dfOffset, GDALDataType)
{
    return Change(g_psDggsApi->array_set_offset,
                  static_cast<const double *>(&dfOffset));
}

bool DGGSArray::SetScale(double dfScale, GDALDataType)
{
    return Change(g_psDggsApi->array_set_scale,
                  static_cast<const double *>(&dfScale));
}

/************************************************************************/
/*                               Resize()                               */
/************************************************************************/

bool DGGSArray::Resize(const std::vector<GUInt64> &anNewDimSizes, CSLConstList)
{
    const std::vector<uint64_t> anSizes(anNewDimSizes.begin(),
                                        anNewDimSizes.end());
    if (!Change(g_psDggsApi->array_resize, anSizes.size(), anSizes.data()))
        return false;
    for (size_t i = 0; i < m_apoDimensions.size(); ++i)
        m_poStore->Resized(*m_apoDimensions[i], anSizes[i]);
    return true;
}

/************************************************************************/
/*                               Rename()                               */
/************************************************************************/

bool DGGSArray::Rename(const std::string &osNewName)
{
    if (!Change(g_psDggsApi->array_rename, osNewName.c_str()))
        return false;
    const std::string osOld = GetFullName();
    m_poStore->Renamed(osOld,
                       osOld.substr(0, osOld.rfind('/') + 1) + osNewName);
    return true;
}

/************************************************************************/
/*                           BuildOverviews()                           */
/************************************************************************/

CPLErr DGGSArray::BuildOverviews(const char *pszResampling, int nOverviews,
                                 const int *panOverviewList,
                                 GDALProgressFunc pfnProgress,
                                 void *pProgressData, CSLConstList papszOptions)
{
    return m_poStore->BuildOverviews(GetFullName(), pszResampling, nOverviews,
                                     panOverviewList, pfnProgress,
                                     pProgressData, papszOptions)
               ? CE_None
               : CE_Failure;
}
