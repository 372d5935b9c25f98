/* See dggs_handle.h. */
#include "dggs_handle.h"

#include "cpl_string.h"

const DggsApi *g_psDggsApi = nullptr;

/************************************************************************/
/*                          GetErrorNumber()                            */
/************************************************************************/

static CPLErrorNum GetErrorNumber(DggsStatus eStatus)
{
    switch (eStatus)
    {
        case DGGS_NOT_FOUND:
            return CPLE_OpenFailed;
        case DGGS_INVALID_ARGUMENT:
            return CPLE_IllegalArg;
        case DGGS_UNSUPPORTED:
            return CPLE_NotSupported;
        case DGGS_IO:
            return CPLE_FileIO;
        case DGGS_OUT_OF_MEMORY:
            return CPLE_OutOfMemory;
        case DGGS_CANCELLED:
            return CPLE_UserInterrupt;
        case DGGS_OK:
        case DGGS_CORRUPT:
        case DGGS_PANIC:
            break;
    }
    return CPLE_AppDefined;
}

/************************************************************************/
/*                             DGGSRaise()                              */
/************************************************************************/

bool DGGSRaise(DggsStatus eStatus, const DggsReport &sReport)
{
    if (sReport.warnings[0] != '\0')
    {
        const CPLStringList aosLines(
            CSLTokenizeString2(sReport.warnings, "\n", 0));
        for (int i = 0; i < aosLines.size(); ++i)
            CPLError(CE_Warning, CPLE_AppDefined, "%s", aosLines[i]);
    }
    if (eStatus == DGGS_OK)
        return true;
    CPLError(CE_Failure, GetErrorNumber(eStatus), "%s", sReport.message);
    return false;
}

/************************************************************************/
/*                            DGGSPairList()                            */
/************************************************************************/

DGGSPairList::DGGSPairList(CSLConstList papszList)
{
    const int nCount = CSLCount(papszList);
    m_aosKeys.reserve(nCount);  // the pairs point into its strings
    for (int i = 0; i < nCount; ++i)
    {
        char *pszKey = nullptr;
        const char *pszValue = CPLParseNameValue(papszList[i], &pszKey);
        if (pszKey != nullptr && pszValue != nullptr)
        {
            m_aosKeys.emplace_back(pszKey);
            m_asPairs.push_back({m_aosKeys.back().c_str(), pszValue});
        }
        CPLFree(pszKey);
    }
}

/************************************************************************/
/*                          DGGSToStringList()                          */
/************************************************************************/

CPLStringList DGGSToStringList(const DggsPairs &sPairs)
{
    CPLStringList aosList;
    for (size_t i = 0; i < sPairs.count; ++i)
        aosList.AddNameValue(sPairs.items[i].key, sPairs.items[i].value);
    return aosList;
}

/************************************************************************/
/*                            DGGSToVector()                            */
/************************************************************************/

std::vector<std::string> DGGSToVector(const DggsStrings &sStrings)
{
    return std::vector<std::string>(sStrings.items,
                                    sStrings.items + sStrings.count);
}
