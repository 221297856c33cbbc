using System.Diagnostics;
using System.Globalization;

namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>Looks at another process's threads, to know where it is.</summary>
internal static class Threads
{
    private const string Sender = "btrfs send\n";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Waits until a process reads a difference: it has a thread that sends.</summary>
    /// <param name="process">Its id.</param>
    /// <param name="below">Something below this it has to have open, since it may read differences of other file systems too; null for anything.</param>
    /// <param name="mayEnd">What ends the waiting without one, e.g. that the query is done.</param>
    /// <returns>False if that came first.</returns>
    internal static Task<bool> AwaitSenderAsync(int process, string? below, Func<bool> mayEnd)
        => AwaitAsync(() => (below is null || HasOpen(process, below)) && All(process).Any(thread => Text(thread, "comm") == Sender), mayEnd, "no thread sends");

    /// <summary>Waits until each thread of a process is stopped.</summary>
    internal static Task<bool> AwaitStoppedAsync(int process)
        => AwaitAsync(() => All(process).All(thread => Text(thread, "stat") is { } stat && stat[(stat.LastIndexOf(')') + 2)..].StartsWith('T')), () => false, "it did not stop");

    private static async Task<bool> AwaitAsync(Func<bool> isSo, Func<bool> mayEnd, string otherwise)
    {
        for (var clock = Stopwatch.StartNew(); !isSo(); await Task.Delay(1))
        {
            if (mayEnd())
            {
                return false;
            }

            Assert.True(clock.Elapsed < Limit, otherwise);
        }

        return true;
    }

    private static bool HasOpen(int process, string below)
        => Directory.GetFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd")).Any(file => Target(file)?.StartsWith(below, StringComparison.Ordinal) == true);

    private static string? Target(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (IOException)
        {
            return null; // It was closed.
        }
    }

    private static string[] All(int process)
    {
        try
        {
            return Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task"));
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static string? Text(string thread, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, file));
        }
        catch (IOException)
        {
            return null; // The thread has ended.
        }
    }
}
