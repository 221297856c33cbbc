using System.Globalization;
using System.Text;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Remote;

/// <summary>What is known of a staging copy's last pull.</summary>
/// <param name="Complete">It ended well, and what it wrote is on the disk.</param>
/// <param name="Started">When it began, by this machine's clock.</param>
/// <param name="Boot">The start of this machine that it ran in; what it wrote may be lost in another one.</param>
internal sealed record StagingState(bool Complete, PosixTime Started, string Boot)
{
    private const string CompleteWord = "complete";
    private const string PullingWord = "pulling";

    /// <summary>This start of the machine. Implements: random(4), <c>/proc/sys/kernel/random/boot_id</c>.</summary>
    internal static string ThisBoot { get; } = File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : "unknown";

    /// <summary>The line that <see cref="Read"/> reads.</summary>
    internal byte[] Format()
        => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(Complete ? CompleteWord : PullingWord)} {Started.Seconds} {Boot}\n"));

    /// <summary>Reads a state; null if there is none. One that makes no sense is as one that was cut long ago: everything is compared again.</summary>
    internal static StagingState? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string[] words = File.ReadAllText(path).Trim().Split(' ');
        return words is [CompleteWord or PullingWord, string seconds, string boot] && long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out long started)
            ? new StagingState(words[0] == CompleteWord, new PosixTime(started, 0), boot)
            : new StagingState(Complete: false, default, "unreadable");
    }
}
