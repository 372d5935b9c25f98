/* Features as Arrow arrays: Rust's batches are laid out so already. */
#include "dggs_layer.h"

#include "ogr_recordbatch.h"

#include <cerrno>

namespace
{

using SharedBatch = std::shared_ptr<const DggsFeatureBatch>;

/** What an array of our making owns. */
struct ArrowData
{
    SharedBatch poBatch{};
    std::vector<const void *> apBuffers{};
    std::vector<std::unique_ptr<ArrowArray>> apoChildren{};
    std::vector<ArrowArray *> apsChildren{};
};

/************************************************************************/
/*                            ReleaseArray()                            */
/************************************************************************/

void ReleaseArray(ArrowArray *psArray)
{
    const std::unique_ptr<ArrowData> poData(
        static_cast<ArrowData *>(psArray->private_data));
    for (const auto &poChild : poData->apoChildren)
    {
        // One that was moved elsewhere is not ours to end.
        if (poChild->release)
            poChild->release(poChild.get());
    }
    psArray->release = nullptr;
}

/************************************************************************/
/*                             FillArray()                              */
/************************************************************************/

void FillArray(ArrowArray *psArray, std::unique_ptr<ArrowData> poData,
               size_t nLength, size_t nNulls)
{
    for (const auto &poChild : poData->apoChildren)
        poData->apsChildren.push_back(poChild.get());
    *psArray = {};
    psArray->length = static_cast<int64_t>(nLength);
    psArray->null_count = static_cast<int64_t>(nNulls);
    psArray->n_buffers = static_cast<int64_t>(poData->apBuffers.size());
    psArray->buffers = poData->apBuffers.data();
    psArray->n_children = static_cast<int64_t>(poData->apsChildren.size());
    psArray->children = poData->apsChildren.data();
    psArray->release = ReleaseArray;
    psArray->private_data = poData.release();
}

/************************************************************************/
/*                              AddColumn()                             */
/************************************************************************/

/** Adds a child that points to a column of the batch. */
void AddColumn(ArrowData &oParent, const DggsColumn &sColumn)
{
    // Arrow wants some address for the bytes of texts, also where there are
    // none.
    static const char chNothing = 0;
    auto poData = std::make_unique<ArrowData>();
    poData->poBatch = oParent.poBatch;
    poData->apBuffers.push_back(sColumn.validity);
    if (sColumn.offsets != nullptr)
        poData->apBuffers.push_back(sColumn.offsets);
    poData->apBuffers.push_back(sColumn.values ? sColumn.values : &chNothing);
    oParent.apoChildren.push_back(std::make_unique<ArrowArray>());
    FillArray(oParent.apoChildren.back().get(), std::move(poData),
              oParent.poBatch->count, sColumn.null_count);
}

}  // namespace

/************************************************************************/
/*                             ArrowIsOwn()                             */
/************************************************************************/

/** Whether our columns are what the stream was asked for; otherwise GDAL makes
 * arrays of features. */
bool DGGSLayer::ArrowIsOwn() const
{
    const char *pszEncoding = m_aosArrowArrayStreamOptions.FetchNameValueDef(
        "GEOMETRY_ENCODING", "WKB");
    const int nMax = atoi(m_aosArrowArrayStreamOptions.FetchNameValueDef(
        "MAX_FEATURES_IN_BATCH", "65536"));
    return m_poFilterGeom == nullptr && m_poAttrQuery == nullptr &&
           EQUAL(pszEncoding, "WKB") && nMax >= MAX_BATCH;
}

/************************************************************************/
/*                          GetNextArrowArray()                         */
/************************************************************************/

int DGGSLayer::GetNextArrowArray(struct ArrowArrayStream *psStream,
                                 struct ArrowArray *psArray)
{
    if (!ArrowIsOwn())
        return OGRLayer::GetNextArrowArray(psStream, psArray);
    *psArray = {};
    if (!NextBatch(false))
        return m_bFailed ? EIO : 0;

    auto poData = std::make_unique<ArrowData>();
    poData->poBatch =
        SharedBatch(m_hBatch.release(), [](const DggsFeatureBatch *psBatch)
                    { DGGSFree()(const_cast<DggsFeatureBatch *>(psBatch)); });
    const DggsFeatureBatch &sBatch = *poData->poBatch;
    // The order is that of OGRLayer::GetArrowSchema().
    if (CPLTestBool(
            m_aosArrowArrayStreamOptions.FetchNameValueDef("INCLUDE_FID",
                                                           "YES")))
    {
        AddColumn(*poData, {sBatch.fids, nullptr, nullptr, 0, true});
    }
    if (sBatch.zone_ids.is_given)
        AddColumn(*poData, sBatch.zone_ids);
    for (size_t i = 0; i < m_psInfo->field_count; ++i)
    {
        if (sBatch.columns[i].is_given)
            AddColumn(*poData, sBatch.columns[i]);
    }
    if (sBatch.geometries.is_given)
        AddColumn(*poData, sBatch.geometries);
    poData->apBuffers.push_back(nullptr);
    const size_t nCount = sBatch.count;
    FillArray(psArray, std::move(poData), nCount, 0);
    return 0;
}
