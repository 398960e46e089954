/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FOOTPRINT_H
#define FOOTPRINT_H

/* Once it serves: what was needed to load programs and libraries is no longer held in memory. */
void footprint_forget_loading(void);

#endif
