/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KNAMED_VERSION_H
#define KNAMED_VERSION_H

#define KNAMED_VERSION "0.1.0"

#endif
