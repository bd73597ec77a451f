// Eight threads share a pool and count to 800 in the database.
//
// usage: pool_example postgresql://user:password@host:port/database
// The DB_* variables tune the pool, e.g. DB_POOL_SIZE=2 DB_MAX_OVERFLOW=0 DB_QUERY_TIMEOUT=5.
#include <cstdio>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "poststack/error.h"
#include "poststack/pool.h"

namespace {

void count(poststack::Pool& pool) {
    for (int i = 0; i < 100; ++i) {
        // run() lends a connection and repeats what failed only because the server restarted or
        // two transactions met.
        pool.run([](poststack::Loan& session) {
            session.query("update poststack_example set total = total + $1", {"1"});
        });
    }
}

std::string run(const std::string& url) {
    poststack::PoolSettings settings = poststack::PoolSettings::from_environment();
    settings.application_name = "pool_example";
    poststack::Pool pool(url, settings);
    pool.acquire().script(
        "drop table if exists poststack_example;"
        "create table poststack_example (total int not null);"
        "insert into poststack_example values (0)");

    std::vector<std::thread> threads;
    std::mutex mutex;
    std::exception_ptr failure;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&pool, &mutex, &failure] {
            try {
                count(pool);
            } catch (...) {
                const std::scoped_lock lock(mutex);
                failure = std::current_exception();
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    if (failure) std::rethrow_exception(failure);

    poststack::Loan session = pool.acquire();
    const poststack::Rows rows = session.query("select total from poststack_example");
    const std::string total(rows.at(0, 0));
    session.query("drop table poststack_example");
    return "counted to " + total + " over " + std::to_string(pool.stats().opened) + " connections";
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: pool_example postgresql://user:password@host:port/database\n", stderr);
        return 2;
    }
    try {
        std::printf("%s\n", run(argv[1]).c_str());
        return 0;
    } catch (const poststack::Error& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        if (!error.hint().empty()) std::fprintf(stderr, "hint: %s\n", error.hint().c_str());
        return poststack::exit_code(error);
    }
}
