/* The only file that names a GDAL version. Everything else is written for
 * the newest GDAL that we know. */
#ifndef DGGS_COMPAT_H_INCLUDED
#define DGGS_COMPAT_H_INCLUDED

#include "cpl_error.h"
#include "gdal.h"
#include "gdal_priv.h"
#include "ogrsf_frmts.h"

#include <memory>

static_assert(GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 6, 0),
              "The DGGS driver needs GDAL 3.6 or newer");

/** GDAL 3.7 gave arrays a Resize(). */
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 7, 0)
#define DGGS_OVERRIDE_SINCE_3_7 override
#else
#define DGGS_OVERRIDE_SINCE_3_7
#endif

/** GDAL 3.8 made GDALMDArray::GetRootGroup() a virtual method, and gave
 * everything names that change and an end. */
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 8, 0)
#define DGGS_OVERRIDE_SINCE_3_8 override
#else
#define DGGS_OVERRIDE_SINCE_3_8
#endif

/** GDAL 3.8 takes names of subdatasets apart. */
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 8, 0)
#include "gdalsubdatasetinfo.h"
#define DGGS_HAS_SUBDATASET_INFO
#endif

/** GDAL 3.10 gave a list of bands its own type. */
#ifndef BANDMAP_TYPE
#define BANDMAP_TYPE int *
#endif

/** GDAL 3.12 made what only looks at a dataset const. */
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 12, 0)
#define DGGS_CONST_SINCE_3_12 const
using DGGSGeoTransform = GDALGeoTransform &;
using DGGSNewGeoTransform = const GDALGeoTransform &;
#else
#define DGGS_CONST_SINCE_3_12
using DGGSGeoTransform = double *;
using DGGSNewGeoTransform = double *;
#endif

/** GDAL 3.13 gave arrays overviews. */
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 13, 0)
#define DGGS_OVERRIDE_SINCE_3_13 override
#else
#define DGGS_OVERRIDE_SINCE_3_13
#endif

/** GDAL 3.8 gave groups a pointer to themselves, which their factory must
 * set. */
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 8, 0)
using DGGSGroupBase = GDALGroup;
#else
class DGGSGroupBase : public GDALGroup
{
  protected:
    using GDALGroup::GDALGroup;

    void SetSelf(const std::shared_ptr<GDALGroup> &)
    {
    }
};
#endif

/** A dataset that is written. Before GDAL 3.7 FlushCache() and closing could
 * not fail for the caller: what went wrong is then a CPLError alone. */
class DGGSWrittenDataset : public GDALDataset
{
  protected:
    /** Stores what is not stored yet; raises what goes wrong. */
    virtual bool Flush(bool bAtClosing) = 0;

    /** To be called by the destructors of what derives from this. */
    bool CloseOnce()
    {
        if (m_bClosed)
            return true;
        m_bClosed = true;
        return Flush(true);
    }

  public:
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 7, 0)
    CPLErr FlushCache(bool bAtClosing = false) override
    {
        if (m_bClosed)
            return CE_None;
        return Flush(bAtClosing) ? CE_None : CE_Failure;
    }

#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 13, 0)
    CPLErr Close(GDALProgressFunc = nullptr, void * = nullptr) override
#else
    CPLErr Close() override
#endif
    {
        const bool bOK = CloseOnce();
        const CPLErr eErr = GDALDataset::Close();
        return bOK ? eErr : CE_Failure;
    }
#else
    void FlushCache(bool bAtClosing = false) override
    {
        if (!m_bClosed)
            Flush(bAtClosing);
    }
#endif

  private:
    bool m_bClosed = false;
};

/** GDAL 3.11 parted what callers call from what a layer does. */
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 11, 0)
using DGGSLayerBase = OGRLayer;
#else
class DGGSLayerBase : public OGRLayer
{
  public:
    OGRErr GetExtent(OGREnvelope *psExtent, int bForce) override
    {
        return IGetExtent(0, psExtent, bForce != FALSE);
    }

    OGRErr GetExtent(int iGeomField, OGREnvelope *psExtent, int bForce) override
    {
        return iGeomField == 0 ? IGetExtent(0, psExtent, bForce != FALSE)
                               : OGRERR_FAILURE;
    }

    void SetSpatialFilter(OGRGeometry *poGeom) override
    {
        ISetSpatialFilter(0, poGeom);
    }

    void SetSpatialFilter(int iGeomField, OGRGeometry *poGeom) override
    {
        if (iGeomField == 0)
            ISetSpatialFilter(0, poGeom);
        else
            CPLError(CE_Failure, CPLE_AppDefined,
                     "There is no geometry field %d", iGeomField);
    }

  protected:
    virtual OGRErr IGetExtent(int iGeomField, OGREnvelope *psExtent,
                              bool bForce) = 0;
    virtual OGRErr ISetSpatialFilter(int iGeomField,
                                     const OGRGeometry *poGeom) = 0;
};
#endif

/** GDAL 3.13 made the creation options of CreateCopy() constant. */
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 13, 0)
using DGGSCreationOptions = CSLConstList;
#else
using DGGSCreationOptions = char **;
#endif

/** Whether the GDAL of this process has the C++ classes that we were
 * compiled against: those of one minor version. Otherwise a CPLError names
 * both versions. */
inline bool DGGSCheckHostVersion()
{
    return GDAL_CHECK_VERSION("DGGS (gdal_DGGS.so)") != FALSE;
}

#endif /* DGGS_COMPAT_H_INCLUDED */
