using System.Runtime.InteropServices;
using System.Text;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Texts that the libraries give.</summary>
internal static unsafe class NativeText
{
    /// <summary>A text that ends with NUL; empty for none.</summary>
    internal static string Read(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>Texts that each end with NUL.</summary>
    internal static List<string> Split(ReadOnlySpan<byte> bytes)
    {
        List<string> texts = [];
        while (bytes.IndexOf((byte)0) is var end && end >= 0)
        {
            if (end > 0)
            {
                texts.Add(Encoding.UTF8.GetString(bytes[..end]));
            }

            bytes = bytes[(end + 1)..];
        }

        return texts;
    }
}
