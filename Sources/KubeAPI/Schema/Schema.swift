/// The one description of the API's objects.
public enum Schema {}
