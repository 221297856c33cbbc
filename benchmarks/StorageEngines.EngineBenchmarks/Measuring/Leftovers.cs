namespace StorageEngines.EngineBenchmarks.Measuring;

/// <summary>Clears a workload's scratch directory.</summary>
internal static class Leftovers
{
    /// <summary>Removes everything; with <c>--keep</c> everything but the generated data, which is marked by a <c>.made</c> file beside it.</summary>
    public static Task RemoveAsync(BenchmarkSettings settings, string folder)
        => Shell.RunAsync(
            settings.Keep
                ? "for f in * .[!.]*; do case $f in *.made|changed|truth.*) ;; *) test -e \"$f.made\" || rm -rf \"$f\" ;; esac; done"
                : $"rm -rf '{folder}'",
            folder);
}
