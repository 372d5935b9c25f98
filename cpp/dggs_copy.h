/* Copying, deleting and renaming whole stores. */
#ifndef DGGS_COPY_H_INCLUDED
#define DGGS_COPY_H_INCLUDED

#include "dggs_handle.h"

/** Gives the driver what it does with whole stores, and says so in its
 * metadata. */
void DGGSDeclareCopy(GDALDriver *poDriver);

#endif /* DGGS_COPY_H_INCLUDED */
