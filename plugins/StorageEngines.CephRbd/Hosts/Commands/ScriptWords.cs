using System.Globalization;
using StorageEngines.CephRbd.Images;
using StorageEngines.RemoteShells;

namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>What scripts about images are made of.</summary>
internal static class ScriptWords
{
    /// <summary>Appends a value right behind what is there, quoted, e.g. of an option.</summary>
    internal static Script Value(this Script script, string value) => script.Append(System.Text.Encoding.UTF8.GetBytes(value));

    /// <summary>Appends that what follows is about an image.</summary>
    /// <exception cref="StorageEngineException">Unimplemented: its name cannot be given.</exception>
    internal static Script At(this Script script, RbdImage image)
    {
        RbdNames.Require(image.Path.Image);
        return script.At(image.Path.Pool, image.Key.Pool, image.Path.Namespace, image.Path.Image, image.Key.Image);
    }

    /// <summary>Appends that what follows is about an image, or about what else is in its pool.</summary>
    /// <param name="script">The script.</param>
    /// <param name="pool">The pool's name.</param>
    /// <param name="number">The pool's number; null if it is not known.</param>
    /// <param name="space">The namespace; empty for the default one.</param>
    /// <param name="image">The image's name; empty if it is not used.</param>
    /// <param name="id">The image's id; empty if it is not used.</param>
    internal static Script At(this Script script, string pool, long? number, string space, string image, string id)
        => script.Text("at").Words(pool, string.Create(CultureInfo.InvariantCulture, $"{number}"), space, image, id).End();

    /// <summary>Appends that the snapshot has to have its name, in the list that was read before.</summary>
    /// <param name="script">The script.</param>
    /// <param name="snapshot">A user's snapshot.</param>
    /// <param name="gone">What the script is to end with if it is gone.</param>
    internal static Script Named(this Script script, RbdSnapshot snapshot, int gone)
        => script.Text("named").Words(snapshot.IdText, Parsing.RbdJson.Escape(snapshot.Name)).Number(gone).End();
}
