using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace StorageEngines.CephRbd.Images;

/// <summary>Where an image is now: <c>POOL/IMAGE</c> or <c>POOL/NAMESPACE/IMAGE</c>.</summary>
/// <param name="Pool">The pool's name.</param>
/// <param name="Namespace">The namespace; empty for the default one.</param>
/// <param name="Image">The image's name.</param>
internal sealed record ImagePath(string Pool, string Namespace, string Image)
{
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The form that an address has.</summary>
    internal BytePath Location => BytePath.FromString(ToString());

    /// <summary>Reads a location; one <c>/</c> in front is taken, as addresses with a host have it.</summary>
    internal static bool TryParse(BytePath location, [NotNullWhen(true)] out ImagePath? path)
    {
        path = null;
        try
        {
            string text = _strict.GetString(location.Span);
            string[] parts = (text.StartsWith('/') ? text[1..] : text).Split('/');
            if (parts.Length is 2 or 3 && parts.All(part => part.Length > 0 && !part.Contains('@') && !part.Contains('\0')))
            {
                path = new ImagePath(parts[0], parts.Length == 3 ? parts[1] : "", parts[^1]);
            }
        }
        catch (DecoderFallbackException)
        {
            // No name of an image then: those are UTF-8.
        }

        return path is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Namespace.Length == 0 ? $"{Pool}/{Image}" : $"{Pool}/{Namespace}/{Image}";
}
