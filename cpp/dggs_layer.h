/* Zones as features: a zone axis is an OGR layer. */
#ifndef DGGS_LAYER_H_INCLUDED
#define DGGS_LAYER_H_INCLUDED

#include "dggs_handle.h"

#include "ogrsf_frmts.h"

class swq_expr_node;

/************************************************************************/
/*                               DGGSLayer                              */
/************************************************************************/

/** A zone axis as a layer, see src/view/vector.
 *
 * Rust gives batches of features as columns; this class makes OGRFeatures of
 * them, and Arrow arrays. What passes a filter is decided here, by OGR, on the
 * geometries that are delivered; Rust only leaves out zones that are far from
 * the spatial filter, or not among those that an attribute filter names. */
class DGGSLayer final : public DGGSLayerBase
{
    /** The most features that Rust gives at once. */
    static constexpr int MAX_BATCH = 32768;

    /** The field of the zones' texts; variables follow. */
    static constexpr int ZONE_ID_FIELD = 0;

    GDALDataset *const m_poDS;
    const DGGSHandle<DggsLayer> m_hLayer;
    const DggsLayerInfo *const m_psInfo;
    OGRFeatureDefn *m_poFeatureDefn = nullptr;

    /** What is being read; NULL before the first feature. */
    DGGSHandle<DggsFeatures> m_hFeatures{};
    DGGSHandle<DggsFeatureBatch> m_hBatch{};
    /** Next feature of the batch. */
    size_t m_nRow = 0;
    bool m_bAtEnd = false;
    bool m_bFailed = false;
    /** Place on the zone axis from which reading begins. */
    uint64_t m_nStart = 0;

    DGGSLayer(GDALDataset *poDS, DGGSHandle<DggsLayer> hLayer,
              const DggsLayerInfo *psInfo);

    void MakeFeatureDefn();
    DGGSHandle<DggsFeatures> Begin(bool bOnlyFilters, uint64_t nStart);
    bool NextBatch(bool bOnlyFilters);
    bool HasRow(bool bOnlyFilters);
    static bool AddZoneTexts(const swq_expr_node *poExpr,
                             std::vector<std::string> &aosTexts);
    OGRFeatureUniquePtr MakeFeature(const DggsFeatureBatch &sBatch,
                                    size_t nRow) const;
    bool Passes(OGRFeature &oFeature);
    bool ArrowIsOwn() const;

  public:
    ~DGGSLayer() override;

    /** The layer `hLayer` of a dataset; NULL, with a CPLError, when it cannot
     * be described. */
    static std::unique_ptr<DGGSLayer> Create(GDALDataset *poDS,
                                             DGGSHandle<DggsLayer> hLayer);

    DGGS_CONST_SINCE_3_12 OGRFeatureDefn *
    GetLayerDefn() DGGS_CONST_SINCE_3_12 override
    {
        return m_poFeatureDefn;
    }

    GDALDataset *GetDataset() override
    {
        return m_poDS;
    }

    void ResetReading() override;
    OGRFeature *GetNextFeature() override;
    OGRFeature *GetFeature(GIntBig nFID) override;
    OGRErr SetNextByIndex(GIntBig nIndex) override;
    GIntBig GetFeatureCount(int bForce) override;
    OGRErr SetAttributeFilter(const char *pszFilter) override;
    int TestCapability(const char *pszCap) DGGS_CONST_SINCE_3_12 override;

  protected:
    OGRErr IGetExtent(int iGeomField, OGREnvelope *psExtent,
                      bool bForce) override;
    OGRErr ISetSpatialFilter(int iGeomField,
                             const OGRGeometry *poGeom) override;
    int GetNextArrowArray(struct ArrowArrayStream *psStream,
                          struct ArrowArray *psArray) override;
};

/************************************************************************/
/*                             DGGSLayerList                            */
/************************************************************************/

/** The layers of a store, opened when they are first asked for. */
class DGGSLayerList
{
    GDALDataset *m_poDS = nullptr;
    std::string m_osName{};
    CPLStringList m_aosOptions{};
    bool m_bIsDirectory = false;
    bool m_bForced = false;
    DGGSHandle<DggsGroup> m_hRoot{};
    std::vector<std::unique_ptr<OGRLayer>> m_apoLayers{};

  public:
    /** Layers of what `poOpenInfo` names, for a dataset. */
    void SetSource(GDALDataset *poDS, const GDALOpenInfo *poOpenInfo,
                   bool bForced);

    /** The store that the source names, where it is opened already. */
    void SetRoot(DGGSHandle<DggsGroup> &&hRoot)
    {
        m_hRoot = std::move(hRoot);
    }

    /** Layers that nobody has asked for are not opened any more. */
    void Close()
    {
        m_poDS = nullptr;
    }

    /** Opens the layers now; false when that fails, with a CPLError, and for
     * a store that is not ours. */
    bool Open();

    /** As Open(), without a word: what went wrong is in `osError`. */
    bool OpenQuietly(std::string &osError);

    /** The layers. Where they cannot be opened there are none, and a
     * warning: there is a raster beside them. */
    const std::vector<std::unique_ptr<OGRLayer>> &Get();
};

#endif /* DGGS_LAYER_H_INCLUDED */
