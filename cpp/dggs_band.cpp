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
