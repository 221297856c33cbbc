using System.Globalization;
using System.Text;

namespace StorageEngines.Zfs.Transfer;

/// <summary>What <c>zfs send -nvP</c> prints. Seen: OpenZFS 2.3.9; zrepl reads the same of 0.8 to 2.4. It is more than the stream of a small difference, and never asked for a check.</summary>
internal static class SendEstimate
{
    /// <summary>Finds the size.</summary>
    /// <param name="output">Everything that was printed.</param>
    /// <returns>About how many bytes the stream will have; null if it does not say.</returns>
    internal static long? Find(ReadOnlySpan<byte> output)
    {
        foreach (string line in Encoding.UTF8.GetString(output).Split('\n'))
        {
            if (line.Split('\t') is ["size", var text] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
            {
                return bytes;
            }
        }

        return null;
    }
}
