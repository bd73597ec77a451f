#include "sys/errno_error.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poststack::sys {
namespace {

Error caught(int code) {
    try {
        throw_errno("write", "/x/y", code);
    } catch (const Error& error) {
        return error;
    }
}

TEST(ThrowErrno, SaysWhatCouldNotBeDoneAndWhy) {
    EXPECT_EQ(caught(ENOSPC).message(), "cannot write \"/x/y\": No space left on device");
}

TEST(ThrowErrno, ChoosesTheKind) {
    const std::vector<std::pair<int, ErrorKind>> cases{{ENOENT, ErrorKind::not_found},
                                                       {ENOTDIR, ErrorKind::not_found},
                                                       {EACCES, ErrorKind::denied},
                                                       {EPERM, ErrorKind::denied},
                                                       {EROFS, ErrorKind::io},
                                                       {ENOSPC, ErrorKind::io},
                                                       {EDQUOT, ErrorKind::io},
                                                       {EIO, ErrorKind::io},
                                                       {EMFILE, ErrorKind::io}};

    for (const auto& [code, kind] : cases)
        EXPECT_EQ(caught(code).kind(), kind) << errno_text(code);
}

TEST(ThrowErrno, HelpsWhereAUserCan) {
    for (const int code : {ENOSPC, EDQUOT, EROFS})
        EXPECT_NE(caught(code).hint(), "") << code;
    EXPECT_EQ(caught(EIO).hint(), "");
}

}  // namespace
}  // namespace poststack::sys
