/* Bands of the classic dataset: see dggs_raster.h. */
#include "dggs_raster.h"

#include <algorithm>
#include <limits>

/************************************************************************/
/*                            DGGSIsDirect()                            */
/************************************************************************/

bool DGGSIsDirect(const GDALRasterIOExtraArg *psExtraArg, int nXSize,
                  int nYSize, int nBufXSize, int nBufYSize)
{
    return psExtraArg == nullptr ||
           psExtraArg->eResampleAlg == GRIORA_NearestNeighbour ||
           (nXSize == nBufXSize && nYSize == nBufYSize &&
            !psExtraArg->bFloatingPointWindowValidity);
}

/************************************************************************/
/*                           DGGSRasterBand()                           */
/************************************************************************/

DGGSRasterBand::DGGSRasterBand(DGGSClassicDataset &oDataset, int nNumber,
                               const DggsSize &sSize, bool bOverview)
    : m_oDataset(oDataset), m_nNumber(nNumber)
{
    const DggsRasterInfo &sInfo = oDataset.GetInfo();
    nBand = nNumber;
    nRasterXSize = sSize.columns;
    nRasterYSize = sSize.rows;
    eDataType = nNumber == 0 ? GDT_Byte
                             : static_cast<GDALDataType>(sInfo.numeric_type);
    nBlockXSize = std::min(sInfo.block.columns, sSize.columns);
    nBlockYSize = std::min(sInfo.block.rows, sSize.rows);
    if (nNumber > 0)
    {
        const DggsBandInfo &sBand = sInfo.bands[nNumber - 1];
        GDALRasterBand::SetDescription(sBand.description);
        GDALRasterBand::SetMetadata(DGGSToStringList(sBand.metadata).List());
        SetClasses();
    }
    if (!bOverview)
    {
        if (nNumber > 0)
            poDS = &oDataset;
        for (size_t i = 0; i < sInfo.overview_count; ++i)
            m_apoOverviews.push_back(std::make_unique<DGGSRasterBand>(
                oDataset, nNumber, sInfo.overviews[i], true));
    }
    if (nNumber > 0 && sInfo.has_mask)
        m_poMask =
            std::make_unique<DGGSRasterBand>(oDataset, 0, sSize, bOverview);
}

/************************************************************************/
/*                             GetWindow()                              */
/************************************************************************/

DGGSClassicDataset::Window DGGSRasterBand::GetWindow(double dfXOff,
                                                     double dfYOff,
                                                     double dfXSize,
                                                     double dfYSize) const
{
    const DggsSize &sFull = m_oDataset.GetInfo().size;
    return {dfXOff,
            dfYOff,
            dfXSize,
            dfYSize,
            static_cast<double>(sFull.columns) / nRasterXSize,
            static_cast<double>(sFull.rows) / nRasterYSize};
}

/************************************************************************/
/*                             IReadBlock()                             */
/************************************************************************/

CPLErr DGGSRasterBand::IReadBlock(int nBlockXOff, int nBlockYOff, void *pImage)
{
    const int nXOff = nBlockXOff * nBlockXSize;
    const int nYOff = nBlockYOff * nBlockYSize;
    const int nXSize = std::min(nBlockXSize, nRasterXSize - nXOff);
    const int nYSize = std::min(nBlockYSize, nRasterYSize - nYOff);
    const GSpacing nSize = GDALGetDataTypeSizeBytes(eDataType);
    return m_oDataset.ReadPixels(GetWindow(nXOff, nYOff, nXSize, nYSize), 1,
                                 &m_nNumber, pImage, nXSize, nYSize, eDataType,
                                 nSize, nSize * nBlockXSize, 0, nullptr);
}

/************************************************************************/
/*                              IRasterIO()                             */
/************************************************************************/

CPLErr DGGSRasterBand::IRasterIO(GDALRWFlag eRWFlag, int nXOff, int nYOff,
                                 int nXSize, int nYSize, void *pData,
                                 int nBufXSize, int nBufYSize,
                                 GDALDataType eBufType, GSpacing nPixelSpace,
                                 GSpacing nLineSpace,
                                 GDALRasterIOExtraArg *psExtraArg)
{
    if (eRWFlag != GF_Read)
        return m_oDataset.Refuse();
    if (!DGGSIsDirect(psExtraArg, nXSize, nYSize, nBufXSize, nBufYSize))
    {
        return GDALPamRasterBand::IRasterIO(
            eRWFlag, nXOff, nYOff, nXSize, nYSize, pData, nBufXSize, nBufYSize,
            eBufType, nPixelSpace, nLineSpace, psExtraArg);
    }
    const bool bFloating =
        psExtraArg != nullptr && psExtraArg->bFloatingPointWindowValidity;
    const auto sWindow =
        bFloating ? GetWindow(psExtraArg->dfXOff, psExtraArg->dfYOff,
                              psExtraArg->dfXSize, psExtraArg->dfYSize)
                  : GetWindow(nXOff, nYOff, nXSize, nYSize);
    return m_oDataset.ReadPixels(sWindow, 1, &m_nNumber, pData, nBufXSize,
                                 nBufYSize, eBufType, nPixelSpace, nLineSpace,
                                 0, psExtraArg);
}

/************************************************************************/
/*                         GetNoDataValue*()                            */
/************************************************************************/

namespace
{

/** The nodata value as a number of another type; 0 where there is none. */
template <class T>
T GetNoData(const DggsRasterInfo &sInfo, int nNumber, GDALDataType eType,
            T nNone, int *pbSuccess)
{
    const bool bHas = nNumber > 0 && sInfo.nodata != nullptr;
    if (pbSuccess)
        *pbSuccess = bHas;
    T nValue = nNone;
    if (bHas)
        GDALCopyWords(sInfo.nodata,
                      static_cast<GDALDataType>(sInfo.numeric_type), 0, &nValue,
                      eType, 0, 1);
    return nValue;
}

}  // namespace

double DGGSRasterBand::GetNoDataValue(int *pbSuccess)
{
    return GetNoData<double>(m_oDataset.GetInfo(), m_nNumber, GDT_Float64,
                             -1e10, pbSuccess);
}

int64_t DGGSRasterBand::GetNoDataValueAsInt64(int *pbSuccess)
{
    return GetNoData<int64_t>(m_oDataset.GetInfo(), m_nNumber, GDT_Int64,
                              std::numeric_limits<int64_t>::min(), pbSuccess);
}

uint64_t DGGSRasterBand::GetNoDataValueAsUInt64(int *pbSuccess)
{
    return GetNoData<uint64_t>(m_oDataset.GetInfo(), m_nNumber, GDT_UInt64,
                               std::numeric_limits<uint64_t>::max(),
                               pbSuccess);
}

/************************************************************************/
/*                   GetOffset(), GetScale(), GetUnitType()             */
/************************************************************************/

double DGGSRasterBand::GetOffset(int *pbSuccess)
{
    const DggsRasterInfo &sInfo = m_oDataset.GetInfo();
    if (pbSuccess)
        *pbSuccess = m_nNumber > 0 && sInfo.has_offset;
    return m_nNumber > 0 ? sInfo.offset : 0.0;
}

double DGGSRasterBand::GetScale(int *pbSuccess)
{
    const DggsRasterInfo &sInfo = m_oDataset.GetInfo();
    if (pbSuccess)
        *pbSuccess = m_nNumber > 0 && sInfo.has_scale;
    return m_nNumber > 0 ? sInfo.scale : 1.0;
}

const char *DGGSRasterBand::GetUnitType()
{
    return m_nNumber > 0 ? m_oDataset.GetInfo().unit : "";
}

/************************************************************************/
/*                             SetClasses()                             */
/************************************************************************/

/** Names and colours of the numbers, by their index as GDAL has them. */
void DGGSRasterBand::SetClasses()
{
    constexpr int64_t nMost = std::numeric_limits<uint16_t>::max();
    const DggsRasterInfo &sInfo = m_oDataset.GetInfo();
    std::vector<std::string> aosNames;
    bool bHasNames = false;
    for (size_t i = 0; i < sInfo.class_count; ++i)
    {
        const DggsClass &sClass = sInfo.classes[i];
        if (sClass.value < 0 || sClass.value > nMost)
            continue;
        const int nValue = static_cast<int>(sClass.value);
        if (sClass.has_colour &&
            (eDataType == GDT_Byte || eDataType == GDT_UInt16))
        {
            if (!m_poColorTable)
                m_poColorTable = std::make_unique<GDALColorTable>();
            const GDALColorEntry sEntry = {sClass.colour[0], sClass.colour[1],
                                           sClass.colour[2], sClass.colour[3]};
            m_poColorTable->SetColorEntry(nValue, &sEntry);
        }
        if (static_cast<size_t>(nValue) >= aosNames.size())
            aosNames.resize(static_cast<size_t>(nValue) + 1);
        aosNames[nValue] = sClass.meaning;
        bHasNames = bHasNames || sClass.meaning[0] != '\0';
    }
    for (size_t i = 0; bHasNames && i < aosNames.size(); ++i)
        m_aosCategories.AddString(aosNames[i].c_str());
}

char **DGGSRasterBand::GetCategoryNames()
{
    char **papszOfPam = GDALPamRasterBand::GetCategoryNames();
    return papszOfPam ? papszOfPam : m_aosCategories.List();
}

GDALColorTable *DGGSRasterBand::GetColorTable()
{
    GDALColorTable *poOfPam = GDALPamRasterBand::GetColorTable();
    return poOfPam ? poOfPam : m_poColorTable.get();
}

GDALColorInterp DGGSRasterBand::GetColorInterpretation()
{
    const GDALColorInterp eOfPam = GDALPamRasterBand::GetColorInterpretation();
    return eOfPam == GCI_Undefined && m_poColorTable ? GCI_PaletteIndex
                                                     : eOfPam;
}

/************************************************************************/
/*                        Overviews and the mask                        */
/************************************************************************/

int DGGSRasterBand::GetOverviewCount()
{
    return static_cast<int>(m_apoOverviews.size());
}

GDALRasterBand *DGGSRasterBand::GetOverview(int iOverview)
{
    return iOverview >= 0 && iOverview < GetOverviewCount()
               ? m_apoOverviews[iOverview].get()
               : nullptr;
}

GDALRasterBand *DGGSRasterBand::GetMaskBand()
{
    return m_poMask ? m_poMask.get() : GDALPamRasterBand::GetMaskBand();
}

int DGGSRasterBand::GetMaskFlags()
{
    return m_poMask ? GMF_PER_DATASET : GDALPamRasterBand::GetMaskFlags();
}
