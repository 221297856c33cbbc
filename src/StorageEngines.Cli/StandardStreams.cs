using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Cli;

/// <summary>
/// Finds out which of the standard streams the caller closed. Their numbers go to the next files that are opened, and without this check a table would be
/// written into one of the store's files.
/// </summary>
internal static class StandardStreams
{
    private static readonly List<SafeFileHandle> Fillers = [];

    /// <summary>Takes the numbers of closed streams, so that no other file gets them, and says which were closed. Implements: open(2), fcntl(2).</summary>
    /// <returns>For the numbers 0, 1 and 2: whether the stream is open.</returns>
    internal static bool[] Check()
    {
        bool[] open = [IsOpen(0), IsOpen(1), IsOpen(2)];
        while (Array.Exists(open, isOpen => !isOpen))
        {
            SafeFileHandle filler = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);
            Fillers.Add(filler);
            if (filler.DangerousGetHandle() > 2)
            {
                break;
            }
        }

        return open;
    }

    /// <summary>
    /// Standard output. The console's own stream says nothing when the reader of a pipe has gone away, and the tool would go on, and end with success.
    /// </summary>
    internal static Stream OpenOutput()
    {
        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        if (!stream.CanSeek)
        {
            return stream;
        }

        // In a regular file it would keep an offset of its own, beside that of whoever else writes to the same open file.
        stream.Dispose();
        return Console.OpenStandardOutput();
    }

    // The runtime's own files, which may have got such a number, are closed on exec; what a caller handed over is not.
    private static bool IsOpen(int descriptor) => !OperatingSystem.IsLinux() || Libc.DescriptorFlags(descriptor, Libc.GetDescriptorFlags) == 0;
}
