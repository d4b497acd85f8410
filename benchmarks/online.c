/* The loops of J. McCaffrey's article, as a C programmer writes them: online back-propagation of a
   network of one hidden layer, tanh then softmax, momentum of the previous step alone.

   online INPUTS HIDDEN OUTPUTS ROWS EPOCHS < data > seconds
   The data are rows of inputs and targets, then the weights to start from, as doubles. Written to
   standard output: the seconds of the loop, the mean error of the last epoch. */

#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t state = 1;

static uint64_t next_random(void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static void shuffle(int *order, int rows)
{
    for (int i = 0; i < rows - 1; i++) {
        int other = i + (int)(((next_random() >> 32) * (uint64_t)(rows - i)) >> 32);
        int kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

static double *doubles(size_t count)
{
    double *made = calloc(count, sizeof(double));
    if (!made) exit(1);
    return made;
}

static void step(double *restrict weights, const double *restrict gradient,
                 double *restrict previous, int count, double rate, double momentum)
{
    for (int k = 0; k < count; k++) {
        double delta = -rate * gradient[k];
        weights[k] += delta + momentum * previous[k];
        previous[k] = delta;
    }
}

int main(int argc, char **argv)
{
    if (argc != 6) return 2;
    const int inputs = atoi(argv[1]), hidden = atoi(argv[2]), outputs = atoi(argv[3]);
    const int rows = atoi(argv[4]), epochs = atoi(argv[5]);
    const int first = inputs * hidden, second = hidden * outputs;
    const int size = first + hidden + second + outputs;
    const double rate = 0.05, momentum = 0.01;

    double *x = doubles((size_t)rows * inputs), *t = doubles((size_t)rows * outputs);
    double *weights = doubles(size), *gradient = doubles(size), *previous = doubles(size);
    double *h = doubles(hidden), *o = doubles(outputs);
    double *hidden_delta = doubles(hidden), *output_delta = doubles(outputs);
    int *order = malloc(rows * sizeof(int));
    for (int r = 0; r < rows; r++) {
        order[r] = r;
        if (fread(x + r * inputs, sizeof(double), inputs, stdin) != (size_t)inputs) return 2;
        if (fread(t + r * outputs, sizeof(double), outputs, stdin) != (size_t)outputs) return 2;
    }
    if (fread(weights, sizeof(double), size, stdin) != (size_t)size) return 2;
    double *w1 = weights, *b1 = w1 + first, *w2 = b1 + hidden, *b2 = w2 + second;
    double *g1 = gradient, *gb1 = g1 + first, *g2 = gb1 + hidden, *gb2 = g2 + second;

    struct timespec begin, end;
    double error = 0.0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int epoch = 0; epoch < epochs; epoch++) {
        shuffle(order, rows);
        error = 0.0;
        for (int r = 0; r < rows; r++) {
            const double *in = x + order[r] * inputs, *target = t + order[r] * outputs;
            for (int j = 0; j < hidden; j++) {
                double sum = 0.0;
                for (int i = 0; i < inputs; i++) sum += in[i] * w1[i * hidden + j];
                h[j] = tanh(sum + b1[j]);
            }
            double total = 0.0;
            for (int k = 0; k < outputs; k++) {
                double sum = 0.0;
                for (int j = 0; j < hidden; j++) sum += h[j] * w2[j * outputs + k];
                o[k] = exp(sum + b2[k]);
                total += o[k];
            }
            for (int k = 0; k < outputs; k++) {
                o[k] /= total;
                double off = o[k] - target[k];
                error += 0.5 * off * off;
                output_delta[k] = off * o[k] * (1.0 - o[k]);
            }
            for (int j = 0; j < hidden; j++) {
                double sum = 0.0;
                for (int k = 0; k < outputs; k++) sum += output_delta[k] * w2[j * outputs + k];
                hidden_delta[j] = sum * (1.0 - h[j]) * (1.0 + h[j]);
            }
            for (int i = 0; i < inputs; i++)
                for (int j = 0; j < hidden; j++) g1[i * hidden + j] = in[i] * hidden_delta[j];
            for (int j = 0; j < hidden; j++) gb1[j] = hidden_delta[j];
            for (int j = 0; j < hidden; j++)
                for (int k = 0; k < outputs; k++) g2[j * outputs + k] = h[j] * output_delta[k];
            for (int k = 0; k < outputs; k++) gb2[k] = output_delta[k];
            step(weights, gradient, previous, size, rate, momentum);
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (end.tv_sec - begin.tv_sec) + 1e-9 * (end.tv_nsec - begin.tv_nsec);
    printf("%.9f %.17g\n", seconds, error / rows);
    return 0;
}
