/* The multidimensional dataset, and what can be created. */
#ifndef DGGS_DATASET_H_INCLUDED
#define DGGS_DATASET_H_INCLUDED

#include "dggs_multidim.h"

/** The prefix of names that only this driver opens. */
constexpr const char *DGGS_CONNECTION_PREFIX = "DGGS:";

/** A dataset over the root of a store; `bNew`: it was just created. NULL for a
 * NULL handle and on error. */
GDALDataset *DGGSMakeDataset(const std::string &osName,
                             DGGSHandle<DggsGroup> &&hRoot, bool bNew);

/** Creates an empty store. */
GDALDataset *DGGSCreateMultiDimensional(const char *pszFilename,
                                        CSLConstList papszRootGroupOptions,
                                        CSLConstList papszOptions);

/** Tells the driver's metadata what can be created, with which options. */
void DGGSDeclareCreation(GDALDriver &oDriver);

#endif /* DGGS_DATASET_H_INCLUDED */
