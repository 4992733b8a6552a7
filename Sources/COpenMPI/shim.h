#include <mpi.h>

// MPI's constants are macros with casts in them, which Swift cannot import: calls that need them are spelt out here.

static inline int tern_mpi_begin(int *rank, int *count) {
    int level, code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
    if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (code == MPI_SUCCESS) code = MPI_Comm_rank(MPI_COMM_WORLD, rank);
    if (code == MPI_SUCCESS) code = MPI_Comm_size(MPI_COMM_WORLD, count);
    return code;
}

static inline int tern_mpi_barrier(MPI_Request *request) { return MPI_Ibarrier(MPI_COMM_WORLD, request); }

static inline int tern_mpi_sum_floats(float *numbers, int count, MPI_Request *request) {
    return MPI_Iallreduce(MPI_IN_PLACE, numbers, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, request);
}

static inline int tern_mpi_sum_doubles(double *numbers, int count, MPI_Request *request) {
    return MPI_Iallreduce(MPI_IN_PLACE, numbers, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, request);
}

static inline int tern_mpi_test(MPI_Request *request, int *done) { return MPI_Test(request, done, MPI_STATUS_IGNORE); }
