/* Copying, deleting and renaming whole stores, and adding levels to them. */
#ifndef DGGS_COPY_H_INCLUDED
#define DGGS_COPY_H_INCLUDED

#include "dggs_handle.h"

/** Gives the driver what it does with whole stores, and says so in its
 * metadata. */
void DGGSDeclareCopy(GDALDriver *poDriver);

/** Builds (without factors: removes) coarser levels of an array, or of all
 * those that `sWhat` names where `pszArray` is NULL. */
bool DGGSBuildOverviews(const DggsOpenRequest &sWhat, const char *pszArray,
                        const char *pszResampling, int nOverviews,
                        const int *panOverviewList,
                        GDALProgressFunc pfnProgress, void *pProgressData,
                        CSLConstList papszOptions);

#endif /* DGGS_COPY_H_INCLUDED */
